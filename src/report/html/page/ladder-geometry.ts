import type { Side } from '../../../connection/state.js';

/** Where things stand across the ladder, in pixels. */
export interface Geometry {
  readonly width: number;
  /** Right edge of the column of times; null where there is no room for one: times then stand under the states. */
  readonly timeRight: number | null;
  /** Middle of each lane. */
  readonly lane: Readonly<Record<Side, number>>;
  /** Middle of the path's lane, between the taps; null where there is one tap. */
  readonly path: number | null;
  /** Left edge of the notes beside the ladder; null where notes stand within it. */
  readonly notesLeft: number | null;
}

export const LANE_WIDTH = 12;
export const PATH_WIDTH = 14;
/** From the middle of a lane to where an arrow begins or ends. */
export const ARROW_INSET = LANE_WIDTH / 2 + 3;
/** From the middle of a lane outwards: to the whiskers of a change's bounds, and to the names of states. */
export const WHISKER_OFFSET = 11;
export const LABEL_OFFSET = 17;

const TIME_COLUMN = 82;
const GAP = 8;
const LEAST_NOTES = 290;
const MOST_NOTES = 420;
const LEAST_WITH_NOTES = 960;
const LEAST_WITH_TIMES = 600;

/** `stateWidth` is what the longest name of a state takes. */
export function geometryFor(width: number, stateWidth: number, hasPath: boolean): Geometry {
  const timeRight = width >= LEAST_WITH_TIMES ? TIME_COLUMN : null;
  const states = Math.ceil(stateWidth) + LABEL_OFFSET + (timeRight === null ? 0 : GAP);
  const notes = width >= LEAST_WITH_NOTES ? Math.min(MOST_NOTES, Math.max(LEAST_NOTES, width * 0.3)) : 0;
  const client = (timeRight ?? 0) + states;
  const server = width - notes - states;
  return {
    width,
    timeRight,
    lane: { client, server },
    path: hasPath ? Math.round((client + server) / 2) : null,
    notesLeft: notes > 0 ? width - notes + 8 : null,
  };
}
