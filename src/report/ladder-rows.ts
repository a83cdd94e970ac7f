import type { LoggedSegment, Time, Transition } from '../connection/model.js';
import type { Side } from '../connection/state.js';
import type { Finding, Flow } from '../findings/finding.js';

/** One step of the ladder, from top to bottom. */
export type Row =
  /** A segment, with the first change that it makes on each side. */
  | { readonly type: 'segment'; readonly segment: LoggedSegment; readonly changes: Changes }
  /** Further changes by the segment above: one FIN can take an end through three states. */
  | { readonly type: 'more'; readonly time: Time; readonly changes: Changes }
  /** A change without a row of its segment: by a timer, or by a segment that was folded or not kept. */
  | { readonly type: 'change'; readonly transition: Transition }
  | { readonly type: 'finding'; readonly finding: Finding };

export type Changes = Readonly<Partial<Record<Side, Transition>>>;

interface Slot {
  readonly segment: LoggedSegment | null;
  readonly on: Record<Side, Transition[]>;
  readonly after: ({ readonly at: Time } & ({ readonly transition: Transition } | { readonly finding: Finding }))[];
}

/**
 * Rows for `flow`, whose segments were folded to `segments`. Each side's changes stay in the order of the timeline: where a
 * segment passed the tap before the one that changed its receiver earlier, the change moves down to it.
 */
export function ladderRows(flow: Flow, segments: readonly LoggedSegment[]): Row[] {
  const slots: Slot[] = [null, ...segments].map((segment) => ({ segment, on: { client: [], server: [] }, after: [] }));
  const slotOfFrame = new Map<number, number>();
  segments.forEach((segment, index) => {
    if (segment.run === null) slotOfFrame.set(segment.frame, index + 1);
  });

  const reached = { client: { slot: 0, after: false }, server: { slot: 0, after: false } };
  for (const transition of flow.timeline) {
    const before = reached[transition.endpoint];
    const own = transition.basis === 'timer' ? undefined : slotOfFrame.get(transition.frame);
    const slot = Math.max(before.slot, own ?? lastSlotAt(segments, transition.at));
    const after = own === undefined || (slot === before.slot && before.after);
    if (after) slots[slot].after.push({ at: transition.at, transition });
    else slots[slot].on[transition.endpoint].push(transition);
    reached[transition.endpoint] = { slot, after };
  }
  for (const finding of [...flow.findings].sort((a, b) => a.at - b.at)) {
    slots[lastSlotAt(segments, finding.at)].after.push({ at: finding.at, finding });
  }
  return slots.flatMap((slot) => [...rowsOf(slot)]);
}

function* rowsOf(slot: Slot): Iterable<Row> {
  const { segment, on } = slot;
  if (segment !== null) {
    yield { type: 'segment', segment, changes: changesAt(on, 0) };
    for (let i = 1; i < Math.max(on.client.length, on.server.length); i++) {
      yield { type: 'more', time: segment.time, changes: changesAt(on, i) };
    }
  }
  // What happened comes before what is said about it.
  for (const item of slot.after.sort((a, b) => a.at - b.at || Number('finding' in a) - Number('finding' in b))) {
    yield 'finding' in item
      ? { type: 'finding', finding: item.finding }
      : { type: 'change', transition: item.transition };
  }
}

function changesAt(on: Readonly<Record<Side, readonly Transition[]>>, index: number): Changes {
  const changes: Partial<Record<Side, Transition>> = {};
  for (const side of ['client', 'server'] satisfies Side[]) {
    if (index < on[side].length) changes[side] = on[side][index];
  }
  return changes;
}

/** Slot of the last segment at or before `time`; 0 before the first one. */
function lastSlotAt(segments: readonly LoggedSegment[], time: Time): number {
  let low = 0;
  let high = segments.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (segments[middle].time <= time) low = middle + 1;
    else high = middle;
  }
  return low;
}
