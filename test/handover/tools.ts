import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { type ExtractOptions, extract, type Flow, flows, type Options } from '../../src/index.js';

export const CAPTURES = join(import.meta.dirname, '../../captures');
export const capture = (name: string): string => join(CAPTURES, `${name}.pcap`);

/** Why tests with Wireshark's tools are skipped; false where they are there. */
export const NO_TSHARK = spawnSync('tshark', ['--version']).status === 0 ? false : 'tshark is not installed';

export interface Said {
  readonly out: string;
  /** Without the remark that it is run by root. */
  readonly err: string;
}

/** Runs one of Wireshark's tools. */
export function wireshark(tool: 'tshark' | 'capinfos', args: readonly string[]): Said {
  const { stdout, stderr } = spawnSync(tool, args, { encoding: 'utf8', maxBuffer: 1 << 28 });
  return { out: stdout, err: stderr.replace(/^Running as user "root".*\n/m, '') };
}

/** A folder for this test file's captures. */
export function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'lastack-handover-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  return folder;
}

export async function extracted(path: string | readonly string[], options: ExtractOptions = {}) {
  const chunks: Uint8Array[] = [];
  const result = await extract(path, async (bytes) => void chunks.push(bytes), options);
  return { ...result, bytes: Buffer.concat(chunks) };
}

export async function flowsOf(path: string, options: Options = {}): Promise<Flow[]> {
  const found: Flow[] = [];
  for await (const flow of flows(path, options)) found.push(flow);
  return found.sort((a, b) => a.flow - b.flow);
}
