import { run } from './command.js';

/** A change of state in lastack's timeline. Times are ISO 8601. */
export interface Entry {
  readonly endpoint: 'client' | 'server';
  readonly from: string | null;
  readonly to: string;
  readonly at: string;
  readonly earliest: string | null;
  readonly latest: string | null;
}

/** What the lab reads of a line of `lastack timeline --format ndjson`. */
export interface Flow {
  readonly client: { readonly address: string; readonly port: number };
  readonly server: { readonly address: string; readonly port: number };
  readonly start: string;
  readonly timeline: readonly Entry[];
  readonly findings: readonly { readonly kind: string; readonly severity: string }[];
}

/** Asks lastack about a capture; `command` is its main file, the other two what `sysctl` printed on the hosts. */
export async function flowsOf(
  command: string,
  capture: string,
  client: string,
  server: string,
): Promise<readonly Flow[]> {
  const sysctl = ['--sysctl', `client=${client}`, '--sysctl', `server=${server}`];
  const text = await run(process.execPath, [command, 'timeline', capture, '--format', 'ndjson', '--quiet', ...sysctl]);
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as Flow);
}

/** ISO 8601 with up to nine digits, as seconds since 1970. */
export function seconds(time: string): number {
  const [, whole = '', fraction = ''] = /^(.*?)(\.\d+)?Z$/.exec(time) ?? [];
  return Date.parse(`${whole}Z`) / 1000 + Number(`0${fraction}`);
}
