import { basename, dirname } from 'node:path';
import { lastFrameAt, type Probed } from './probe.js';

/** Seconds that the next file of a rotation may begin before the last frame of the one before: records are not quite in order. */
const OVERLAP = 1;
/** Seconds of silence between two files after which they count as two captures: a sample every night is no rotation. */
const SILENCE = 300;

/** Files that one tcpdump or dumpcap wrote one after the other, in the order of time; most often a single one. */
export type Series = readonly Probed[];

/**
 * Puts rotated files together: names that differ in what tcpdump's `-C` or `-G`, or dumpcap's `-b`, changes in them, in one
 * folder, of one link type, each beginning where the one before ended. Files whose times overlap are different captures.
 */
export async function groupSeries(captures: readonly Probed[]): Promise<Series[]> {
  const groups = new Map<string, Probed[]>();
  for (const capture of captures) {
    const key = `${dirname(capture.path)}/${seriesName(basename(capture.path))}/${capture.linkType}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [capture]);
    else group.push(capture);
  }
  const series: Series[] = [];
  for (const group of groups.values()) series.push(...(group.length === 1 ? [group] : await split(group)));
  return series;
}

/** The name without what a rotation changes; where nothing is, the name itself. */
export function seriesName(name: string): string {
  const stored = name.replace(/\.(gz|zst|lz4|xz|bz2)$/i, '');
  // dumpcap -b: trace_00001_20261120135301.pcap
  const dumpcap = /^(.*)_\d{5,}_\d{14}(\.\w+)?$/.exec(stored);
  if (dumpcap !== null) return `${dumpcap[1]}_#${dumpcap[2] ?? ''}`;
  // tcpdump -G with a time in the name, and -C with a number after it.
  const timed = stored.replace(/(?<!\d)(\d{4}-?\d\d-?\d\d[-_T.]?\d\d[-_:.]?\d\d([-_:.]?\d\d)?|1\d{9})(?!\d)/, '#');
  return timed.replace(/(?<=[^\d#])\d*$/, '#');
}

async function split(group: readonly Probed[]): Promise<Series[]> {
  const series: Series[] = [];
  let current: Probed[] = [];
  let end = Number.NaN;
  for (const capture of [...group].sort(byTime)) {
    const { firstFrameAt } = capture;
    const follows = firstFrameAt !== null && firstFrameAt >= end - OVERLAP && firstFrameAt <= end + SILENCE;
    if (!follows) {
      current = [];
      series.push(current);
    }
    current.push(capture);
    end = firstFrameAt === null ? Number.NaN : ((await lastFrameAt(capture.path)) ?? Number.NaN);
  }
  return series;
}

function byTime(a: Probed, b: Probed): number {
  return (a.firstFrameAt ?? -1) - (b.firstFrameAt ?? -1) || (a.path < b.path ? -1 : 1);
}
