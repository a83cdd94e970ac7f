import { createHash } from 'node:crypto';
import type { Unreadable } from '../results/summary.js';
import { type Probed, probe } from './probe.js';
import { groupSeries, type Series } from './series.js';
import { isInShard, type Shard } from './shard.js';
import { type PassedOver, walk } from './walk.js';

/** What a batch consists of: every file is in one of the three. */
export interface Discovered {
  readonly series: readonly Series[];
  readonly unreadable: readonly Unreadable[];
  readonly ignored: readonly PassedOver[];
}

/** @param without the folder of results, as the file system names it */
export async function discover(paths: readonly string[], without: string, shard: Shard | null): Promise<Discovered> {
  const { files, passedOver, missing } = walk(paths, without);
  const probed: Probed[] = [];
  for (const file of files) probed.push(await probe(file));
  const series = await groupSeries(probed.filter(({ kind }) => kind === 'capture'));
  const mine = probed.filter(({ head }) => isInShard(head, shard));
  const named = ({ path }: PassedOver): boolean => isInShard(createHash('sha256').update(path).digest('hex'), shard);
  return {
    series: series.filter(([first]) => isInShard(first.head, shard)),
    unreadable: [
      ...mine.flatMap(({ kind, path, error }) => (kind === 'broken' && error !== null ? [{ path, error }] : [])),
      ...missing.filter(named).map(({ path, reason }): Unreadable => {
        const message = `${path}: expected a capture, found ${reason}`;
        return { path, error: { code: 'not-found', message } };
      }),
    ],
    ignored: [
      ...mine.flatMap(({ kind, path, error }) =>
        kind === 'other' ? [{ path, reason: error?.message.replace(`${path}: `, '') ?? '' }] : [],
      ),
      ...passedOver.filter(named),
    ],
  };
}
