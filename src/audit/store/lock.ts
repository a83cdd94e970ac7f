import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { AuditError } from '../error.js';

/**
 * Keeps a second run out of a folder of results. A lock whose process has died on this host is taken over.
 * @throws AuditError where another run holds it
 */
export function lock(path: string): () => void {
  const mine = `${process.pid} ${hostname()}\n`;
  if (!create(path, mine)) {
    const [pid, host] = readFileSync(path, 'utf8').trim().split(' ');
    if (host !== hostname() || isAlive(Number(pid))) {
      throw new AuditError(
        `another run (process ${pid} on ${host}) is writing there; if there is none any more, remove ${path}`,
      );
    }
    writeFileSync(path, mine);
  }
  return () => rmSync(path, { force: true });
}

function create(path: string, text: string): boolean {
  try {
    writeFileSync(path, text, { flag: 'wx' });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

function isAlive(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
