import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { type ComparedFlow, type CompareOptions, type Comparison, compare } from '../../src/index.js';
import { RawCapture } from './rewrite.js';

const PAIRS = join(import.meta.dirname, '../../captures/pairs');

export const clientSide = (name: string): string => join(PAIRS, `${name}.client.pcap`);
export const serverSide = (name: string): string => join(PAIRS, `${name}.server.pcap`);
export const rawClient = (name: string): RawCapture => RawCapture.read(clientSide(name));
export const rawServer = (name: string): RawCapture => RawCapture.read(serverSide(name));

/** What the path itself noted of a pair: `ADDRESS FLAGS SEQ LENGTH` of each segment that it lost, or put in. */
export function pathLog(name: string): { lost: string[]; injected: string[] } {
  const log: { lost: string[]; injected: string[] } = { lost: [], injected: [] };
  for (const line of readFileSync(join(PAIRS, `${name}.path.jsonl`), 'utf8')
    .split('\n')
    .filter(Boolean)) {
    const { fate, src, flags, seq, len } = JSON.parse(line);
    log[fate as 'lost' | 'injected'].push(`${src} ${lettersOf(flags)} ${seq} ${len}`);
  }
  return { lost: log.lost.sort(), injected: log.injected.sort() };
}

const lettersOf = (flags: string): string =>
  [...flags]
    .filter((c) => 'SFRA'.includes(c))
    .sort()
    .join('');

export interface Compared {
  readonly flows: readonly ComparedFlow[];
  readonly comparison: Comparison;
}

export async function compared(
  first: string | readonly string[],
  second: string | readonly string[],
  options: CompareOptions = {},
): Promise<Compared> {
  const stream = compare(first, second, options);
  const flows: ComparedFlow[] = [];
  for await (const flow of stream) flows.push(flow);
  return { flows, comparison: stream.comparison() };
}

/** What the comparison says in the words of `pathLog`. */
export function fatesOf(flows: readonly ComparedFlow[]): { lost: string[]; injected: string[] } {
  const told = (kind: 'lost' | 'injected'): string[] =>
    flows
      .flatMap((flow) =>
        (['client', 'server'] as const).flatMap((from) =>
          (flow.fates?.[from === 'client' ? 'clientToServer' : 'serverToClient'][kind] ?? []).map((s) => {
            const letters = [
              ['A', 16],
              ['F', 1],
              ['R', 4],
              ['S', 2],
            ] as const;
            const flags = letters.filter(([, bit]) => (s.flags & bit) !== 0).map(([letter]) => letter);
            return `${flow[from].address} ${flags.join('')} ${s.seq} ${s.length}`;
          }),
        ),
      )
      .sort();
  return { lost: told('lost'), injected: told('injected') };
}

/** Writes captures that a test makes; they are gone when its file is done. */
export function scratchCaptures(): (name: string, capture: RawCapture) => string {
  const folder = mkdtempSync(join(tmpdir(), 'lastack-pairs-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return (name, capture) => {
    const path = join(folder, `${name}.pcap`);
    writeFileSync(path, capture.toBuffer());
    return path;
  };
}
