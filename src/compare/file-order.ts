import type { Options } from '../flows.js';
import { TapReader } from './tap-reader.js';

/** The files of one tap in the order of their first frames: ring files seldom sort by name. */
export async function inOrderOfTime(paths: readonly string[], options: Options): Promise<readonly string[]> {
  if (paths.length < 2) return paths;
  const begun: { path: string; at: number }[] = [];
  for (const path of paths) {
    const reader = new TapReader([path], options);
    await reader.advance();
    // What holds no frame, or cannot be read, is told of at the end.
    const at = reader.clock === null ? Number.POSITIVE_INFINITY : reader.clock.epochSeconds + reader.first / 1e9;
    await reader.close();
    begun.push({ path, at });
  }
  return begun.sort((x, y) => x.at - y.at).map(({ path }) => path);
}
