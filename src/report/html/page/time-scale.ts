import type { Time } from '../../../connection/model.js';

/** Something that happens at a time, and where on the ladder. */
export interface Moment {
  readonly time: Time;
  /** What has to stay apart from others of its kind: rows at the tap, ends of arrows at a lane. */
  readonly place: 'tap' | 'client' | 'server' | null;
  /** Pixels that it needs below it. */
  readonly room: number;
}

/** A stretch in which nothing happens, drawn shorter than it was. */
export interface Idle {
  readonly from: Time;
  readonly to: Time;
}

/** Which height each time has: straight between points that rise in both. */
export class TimeScale {
  readonly #times: readonly number[];
  readonly #heights: readonly number[];

  constructor(
    points: readonly (readonly [time: Time, height: number])[],
    readonly idle: readonly Idle[],
  ) {
    this.#times = points.map(([time]) => time);
    this.#heights = points.map(([, height]) => height);
  }

  get height(): number {
    return this.#heights[this.#heights.length - 1] ?? 0;
  }

  y(time: Time): number {
    const times = this.#times;
    let low = 0;
    let high = times.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (times[middle] <= time) low = middle + 1;
      else high = middle;
    }
    if (low === 0) return this.#heights[0] ?? 0;
    if (low === times.length) return this.height;
    const share = (time - times[low - 1]) / (times[low] - times[low - 1]);
    return this.#heights[low - 1] + share * (this.#heights[low] - this.#heights[low - 1]);
  }
}

/** Nothing for this long is an idle stretch, and takes this much height. */
const IDLE: Time = 5e8;
const IDLE_HEIGHT = 46;
/** Least distances, in pixels: of labels at the tap, and of what stands at a lane. */
const APART = { tap: 25, client: 15, server: 15 } as const;
/** A pause of this length is drawn twice as high as none. */
const SHORT: Time = 2e4;

/** To scale: every time has the same height. */
export function linearScale(from: Time, to: Time, height: number): TimeScale {
  return new TimeScale(
    to > from
      ? [
          [from, 0],
          [to, height],
        ]
      : [[from, 0]],
    [],
  );
}

/**
 * In order, but not to scale: a pause takes as much height as its length has digits, and an idle stretch a fixed one.
 * `busy` are stretches that are not idle though nothing begins or ends in them: a segment is on its way.
 */
export function foldedScale(moments: readonly Moment[], busy: readonly Idle[]): TimeScale {
  const points: [Time, number][] = [];
  const idle: Idle[] = [];
  const last = { tap: Number.NEGATIVE_INFINITY, client: Number.NEGATIVE_INFINITY, server: Number.NEGATIVE_INFINITY };
  let height = 0;
  let floor = 0;
  for (const [time, group] of byTime(moments)) {
    const before = points.at(-1);
    if (before !== undefined) {
      const gap = { from: before[0], to: time };
      const isIdle = time - before[0] >= IDLE && !busy.some(({ from, to }) => from < gap.to && to > gap.from);
      if (isIdle) idle.push(gap);
      height += isIdle ? IDLE_HEIGHT : pause(time - before[0]);
    }
    const places = group.map(({ place }) => place).filter((place) => place !== null);
    height = Math.max(height, floor, ...places.map((place) => last[place] + APART[place]));
    points.push([time, height]);
    for (const place of places) last[place] = height;
    floor = Math.max(floor, ...group.map(({ room }) => height + room));
  }
  const end = points.at(-1);
  if (end !== undefined && floor > height) points.push([end[0] + 1, floor]);
  return new TimeScale(points, idle);
}

const pause = (length: Time): number => 6 + 7 * Math.log10(1 + length / SHORT);

/** In their order, those of one time together. */
function byTime(moments: readonly Moment[]): Map<Time, Moment[]> {
  const groups = new Map<Time, Moment[]>();
  for (const moment of [...moments].sort((a, b) => a.time - b.time)) {
    const group = groups.get(moment.time);
    if (group === undefined) groups.set(moment.time, [moment]);
    else group.push(moment);
  }
  return groups;
}
