import { availableParallelism } from 'node:os';
import { NativeSource } from '../capture/native-source.js';
import type { PacketSource } from '../capture/source.js';
import { openForTcp } from '../capture-tally.js';
import { DirectReading, type Read } from '../reading.js';
import { SourceAhead } from './source-ahead.js';

/**
 * Bytes of a capture from which on a thread more is worth its start. Measured on two virtual processors, bench/generate.mjs
 * short-flows: from 118 MB a twentieth more time than on one thread, from 237 MB the same, from 1.2 GB a sixteenth less.
 */
const LEAST = 256 * 1024 * 1024;

/**
 * Reads a capture in a file on a thread beside the one that follows its flows, which also decodes what it can of it; what
 * is found is the same as on one.
 *
 * @param threads how many there may be; by default, two where there are two processors, and the file is large
 */
export function readingOnThreads(threads?: number): Read {
  const most = threads ?? Math.min(availableParallelism(), 2);
  return (paths, options, sink, frameNames) => {
    const open = async (path: string): Promise<PacketSource> => {
      const source = await openForTcp(path, options);
      // Captures that take turns would be read by as many threads.
      return most > 1 && paths.length === 1 ? ahead(source, threads !== undefined) : source;
    };
    return new DirectReading(paths, options, sink, frameNames, open);
  };
}

function ahead(source: PacketSource, isAskedFor: boolean): PacketSource {
  if (!(source instanceof NativeSource) || source.descriptor === null) return source;
  const size = source.size ?? 0;
  if (size < LEAST && !isAskedFor) return source;
  try {
    return new SourceAhead(source, { descriptor: source.descriptor, size }, isAskedFor);
  } catch (error) {
    // Memory that threads share cannot always be had.
    if (error instanceof RangeError) return source;
    throw error;
  }
}
