import type { Options } from '../options.js';
import type { ComparedFlow } from './compared-flow.js';

/** A third capture, taken between the two sides. */
export interface MiddleCapture {
  readonly name: string;
  readonly files: string | readonly string[];
}

/** Which of the segments that one side sent never came to the tap in the middle: by side, frames of that side's capture. */
export interface MiddleTap {
  readonly name: string;
  readonly missed: readonly [ReadonlySet<number>, ReadonlySet<number>];
  /** Connections that the tap in the middle covers: by side, their flow numbers there. */
  readonly covered: readonly [ReadonlySet<number>, ReadonlySet<number>];
}

type Compare = (first: readonly string[], second: readonly string[], options: Options) => AsyncIterable<ComparedFlow>;

/** Compares each side with the capture in the middle. */
export async function middleTap(
  middle: MiddleCapture,
  sides: readonly [readonly string[], readonly string[]],
  options: Options,
  compare: Compare,
): Promise<MiddleTap> {
  const files = typeof middle.files === 'string' ? [middle.files] : middle.files;
  const { select: _, filter: __, ...rest } = options;
  const missed = [new Set<number>(), new Set<number>()] as const;
  const covered = [new Set<number>(), new Set<number>()] as const;
  for (const side of [0, 1] as const) {
    for await (const { fates, reference, taps } of compare(sides[side], files, { ...rest, detail: 'summary' })) {
      const own = taps[reference];
      if (fates === null || own === null) continue;
      covered[side].add(own.flow);
      const path = reference === 'client' ? fates.clientToServer : fates.serverToClient;
      for (const { frame } of path.lost) missed[side].add(frame);
    }
  }
  return { name: middle.name, missed, covered };
}
