import type { Flow } from '../../src/findings/finding.js';
import { normalClose } from '../support/flows.js';

/** A flow between two addresses, to port 80, with one finding. */
export function syntheticFlow({ client, server }: { readonly client: string; readonly server: string }): Flow {
  return {
    ...normalClose(),
    client: { address: client, port: 40000 },
    server: { address: server, port: 80 },
    findings: [
      {
        kind: 'syn-timeout',
        severity: 'error',
        endpoint: 'client',
        at: 0,
        frames: [1],
        message: 'no answer',
        advice: 'look there',
        causes: [],
        excluded: [],
      },
    ],
  };
}
