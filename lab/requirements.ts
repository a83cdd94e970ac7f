import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { run } from './command.js';

/** Every program that the lab runs, with the Debian package that has it. */
const PROGRAMS: readonly (readonly [program: string, of: string])[] = [
  ['ip', 'iproute2'],
  ['ss', 'iproute2'],
  ['sysctl', 'procps'],
  ['nft', 'nftables'],
  ['tcpdump', 'tcpdump'],
  ['ethtool', 'ethtool'],
  ['python3', 'python3'],
];

/** Why the lab cannot run here, in one line; null where it can. */
export async function obstacle(): Promise<string | null> {
  if (process.platform !== 'linux') return `the lab needs Linux network namespaces; this is ${process.platform}`;
  if (process.getuid?.() !== 0) return 'the lab needs root, to make network namespaces';
  const missing = PROGRAMS.filter(([program]) => !installed(program)).map(([name, of]) => `${name} (${of})`);
  if (missing.length > 0) return `the lab needs ${missing.join(', ')}`;
  const trial = `lastack-trial-${process.pid}`;
  try {
    await run('ip', ['netns', 'add', trial]);
    await run('ip', ['netns', 'del', trial]);
  } catch (error) {
    return `the lab may not make network namespaces here: ${error instanceof Error ? error.message : String(error)}`;
  }
  return null;
}

function installed(program: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
