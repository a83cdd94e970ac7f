import { readdirSync, readFileSync, statSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const LONGEST = 32_768;

/** A capture that mutations start from. */
export interface Seed {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/**
 * The real captures that are short enough for a mutation to matter, one of them in gzip too, and the files of `corpus/`:
 * every format, link layer and tunnel that is read.
 *
 * @param folder the repository's
 */
export function readCorpus(folder: URL): readonly Seed[] {
  const seeds = ['captures/', 'fuzz/corpus/'].flatMap((path) => {
    const directory = new URL(path, folder);
    return readdirSync(directory)
      .filter((name) => /\.(pcap|pcapng|snoop)(\.\w+)?$/.test(name))
      .map((name) => new URL(name, directory))
      .filter((file) => statSync(file).size <= LONGEST)
      .sort()
      .map((file): Seed => ({ name: file.pathname.split('/').at(-1) ?? '', bytes: readFileSync(file) }));
  });
  return [...seeds, { name: `${seeds[0].name}.gz`, bytes: gzipSync(seeds[0].bytes) }];
}
