import { statSync } from 'node:fs';
import type { Options } from '../flows.js';
import { type Read, readHere } from '../reading.js';
import { DecodedReading } from './decoded-reading.js';

/**
 * Reads a capture on a thread beside the one that follows its flows; what both find is the same as on one. To walk through
 * records (fast-path/) is faster than that: only where frames have to be decoded, because of tunnels or another byte order,
 * or to verify checksums, two threads take up to a sixth less than one.
 *
 * @param threads how many there may be; 1 by default
 */
export function readingOnThreads(threads = 1): Read {
  return (paths, options, sink, frameNames) =>
    threads > 1 && isReadAlone(paths, options)
      ? new DecodedReading(paths[0], options.verifyChecksums ?? false, sink, frameNames)
      : readHere(paths, options, sink, frameNames);
}

/** Frames of several captures take turns, and what puts them in order holds them: that is done where flows are followed. */
function isReadAlone(paths: readonly string[], { reader, reorder }: Options): boolean {
  if (paths.length !== 1 || reorder !== undefined || (reader ?? 'native') !== 'native') return false;
  return statSync(paths[0], { throwIfNoEntry: false })?.isFile() === true;
}
