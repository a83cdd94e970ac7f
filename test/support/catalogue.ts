import type { CatalogueEntry } from '../../src/findings/catalogue-entry.js';
import { FINDING_KINDS, type FindingKind } from '../../src/findings/finding.js';

/** A catalogue in which only two entries say something. */
export const CATALOGUE = Object.fromEntries(
  FINDING_KINDS.map((kind): [FindingKind, CatalogueEntry] => [
    kind,
    {
      kind,
      phase: kind.includes('wait') ? 'closing' : 'opening',
      severity: kind.includes('close-wait') ? 'warning' : 'notice',
      title: `What ${kind} is`,
      meaning:
        'The peer has sent FIN and the kernel has acknowledged it, but the program has not closed its socket. TCP has no timer for this state: it lasts until the program closes.',
      causes: [
        'The program leaks sockets',
        'The program is busy, or blocked, and will close later when it comes to read the end of its input',
      ],
      checks: [{ host: 'server', command: 'ss -tnpo state close-wait', why: 'names the program and the socket' }],
      settings: [{ name: 'net.ipv4.tcp_fin_timeout', effect: 'none: it ends FIN_WAIT2 at the peer' }],
      references: ['RFC 9293, section 3.6'],
    },
  ]),
) as Record<FindingKind, CatalogueEntry>;
