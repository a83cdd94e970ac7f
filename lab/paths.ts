import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const root = dirname(createRequire(import.meta.url).resolve('lastack/package.json'));

/** The built command, as `npm run build` leaves it. */
export const builtCommand = join(root, 'dist', 'cli', 'main.js');

/** A program of the lab beside these sources: they run compiled, from another folder. */
export function program(name: 'peer.py' | 'sockets.py' | 'wire.py'): string {
  return join(root, 'lab', name);
}
