import { createHash } from 'node:crypto';
import type { Series } from '../discovery/series.js';
import type { ReadingOptions } from './capture-work.js';
import { RECORD_FORMAT } from './record.js';

/** A capture, or a series of rotated files, that is to be in the results. */
export interface Unit {
  /** Of the content: a letter, so that no engine takes it for a number, and 15 hexadecimal digits. */
  readonly id: string;
  /** Of everything that its results depend on. */
  readonly fingerprint: string;
  readonly paths: readonly string[];
  readonly bytes: number;
}

/** @param hashes of each file's content, in the order of the series */
export function unitOf(series: Series, hashes: readonly string[], version: string, options: ReadingOptions): Unit {
  const paths = series.map(({ path }) => path);
  return {
    id: `c${sha256(hashes.join('\n')).slice(0, 15)}`,
    fingerprint: sha256(JSON.stringify([RECORD_FORMAT, version, options, hashes, paths])),
    paths,
    bytes: series.reduce((sum, { stats }) => sum + Number(stats.size), 0),
  };
}

/** Units of different content, and the names of the others, whose content is that of a unit that comes before. */
export function distinct(units: readonly Unit[]): { units: Unit[]; copies: { path: string; reason: string }[] } {
  const byId = new Map<string, Unit>();
  const copies: { path: string; reason: string }[] = [];
  for (const unit of [...units].sort((a, b) => (a.paths[0] < b.paths[0] ? -1 : 1))) {
    const first = byId.get(unit.id);
    if (first === undefined) byId.set(unit.id, unit);
    else copies.push(...unit.paths.map((path, i) => ({ path, reason: `a copy of ${first.paths[i]}` })));
  }
  return { units: [...byId.values()].sort((a, b) => (a.id < b.id ? -1 : 1)), copies };
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
