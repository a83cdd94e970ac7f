import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** GNU time: the only one to tell the memory of a process from outside, at its true peak. */
const TIME = '/usr/bin/time';

/**
 * Without a setting under which Node.js reads certificates at each start, for connections that lastack never makes: that
 * took 25 ms of a run.
 */
const { NODE_EXTRA_CA_CERTS: _, ...ENVIRONMENT } = process.env;

/**
 * What one run of a command took.
 * @typedef {object} Run
 * @property {number} wall seconds
 * @property {number | null} cpu seconds, of user and system together; null where GNU time is missing
 * @property {number | null} memory bytes at the peak, resident; null likewise
 */

/** @param {string} program */
export function isInstalled(program) {
  return spawnSync('sh', ['-c', 'command -v "$1"', 'sh', program], { stdio: 'ignore' }).status === 0;
}

/**
 * Runs a command without its output.
 * @param {(folder: string) => readonly string[]} commandIn given a folder for what it writes, which is empty, and removed afterwards
 * @returns {Run}
 * @throws Error where it fails
 */
export function run(commandIn) {
  const folder = mkdtempSync(join(tmpdir(), 'lastack-bench-'));
  try {
    const figures = join(folder, 'time');
    const written = join(folder, 'written');
    mkdirSync(written);
    const command = commandIn(written);
    const watched = existsSync(TIME) ? [TIME, '-f', '%U %S %M', '-o', figures, ...command] : [...command];
    const started = performance.now();
    const { status, error } = spawnSync(watched[0], watched.slice(1), { stdio: 'ignore', env: ENVIRONMENT });
    const wall = (performance.now() - started) / 1000;
    if (error || status !== 0) throw new Error(`${command.join(' ')}: ${error?.message ?? `exit status ${status}`}`);
    if (watched.length === command.length) return { wall, cpu: null, memory: null };
    const [user, system, kilobytes] = readFileSync(figures, 'utf8').trim().split(' ').map(Number);
    return { wall, cpu: user + system, memory: kilobytes * 1024 };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
