import { NativeSource } from '../capture/native-source.js';
import type { PacketSource } from '../capture/source.js';
import { openForTcp } from '../capture-tally.js';
import { DirectReading, type Read } from '../reading.js';
import { SourceAhead } from './source-ahead.js';

/**
 * Reads a capture in a file on a thread beside the one that follows its flows, which also decodes what it can of it; what
 * is found is the same as on one. Measured on two virtual processors (bench/generate.mjs short-flows, 1.2 GB): in quiet hours
 * a sixteenth less time than on one thread, in busy ones a tenth more.
 *
 * @param threads how many there may be; 1 by default
 */
export function readingOnThreads(threads = 1): Read {
  return (paths, options, sink, frameNames) => {
    const open = async (path: string): Promise<PacketSource> => {
      const source = await openForTcp(path, options);
      // Captures that take turns would be read by as many threads.
      return threads > 1 && paths.length === 1 ? ahead(source, sink.memory ?? null) : source;
    };
    return new DirectReading(paths, options, sink, frameNames, open);
  };
}

function ahead(source: PacketSource, walked: WebAssembly.Memory | null): PacketSource {
  if (!(source instanceof NativeSource) || source.descriptor === null || source.size === null) return source;
  try {
    return new SourceAhead(source, { descriptor: source.descriptor, size: source.size }, walked);
  } catch (error) {
    // Memory that threads share cannot always be had.
    if (error instanceof RangeError) return source;
    throw error;
  }
}
