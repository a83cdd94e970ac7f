import { availableParallelism } from 'node:os';
import { NativeSource } from '../capture/native-source.js';
import type { PacketSource } from '../capture/source.js';
import { openForTcp } from '../capture-tally.js';
import { DirectReading, type Read, walksThrough } from '../reading.js';
import { SourceAhead } from './source-ahead.js';

/**
 * Bytes of a file that is read on a thread of its own where nobody says. Measured in turn on two virtual processors, on begins
 * of what bench/generate.mjs short-flows makes: up to 512 MB both ways take the same time, of 1.2 GB one thread 3.9 s, two 3.2 s.
 */
const LEAST_FOR_TWO = 2 ** 29;

/**
 * Reads a capture in a file on a thread beside the one that follows its flows, which also decodes what it can of it; what
 * is found is the same as on one.
 *
 * @param threads how many there may be; by default 2 for a large file where there are as many processors, else 1
 */
export function readingOnThreads(threads?: number): Read {
  return (paths, options, sink, frameNames) => {
    const open = async (path: string): Promise<PacketSource> => {
      const source = await openForTcp(path, options);
      // Captures that take turns would be read by as many threads; what is not walked through is not decoded ahead.
      const canBeAhead = paths.length === 1 && walksThrough(sink, options);
      return canBeAhead && (threads ?? threadsFor(source)) > 1
        ? ahead(source, sink.memory ?? null, threads !== undefined)
        : source;
    };
    return new DirectReading(paths, options, sink, frameNames, open);
  };
}

function threadsFor({ size }: PacketSource): number {
  return size !== null && size >= LEAST_FOR_TWO ? Math.min(2, availableParallelism()) : 1;
}

function ahead(source: PacketSource, walked: WebAssembly.Memory | null, waits: boolean): PacketSource {
  if (!(source instanceof NativeSource) || source.descriptor === null || source.size === null) return source;
  try {
    return new SourceAhead(source, { descriptor: source.descriptor, size: source.size }, walked, waits);
  } catch (error) {
    // Memory that threads share cannot always be had.
    if (error instanceof RangeError) return source;
    throw error;
  }
}
