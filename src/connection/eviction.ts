import type { LiveFlows } from './live-flows.js';

/** Where a flow stands when room is needed: those of the first class leave before any of the second. */
const DONE = 0;
const NEVER_OPEN = 1;
const OPEN = 2;

/**
 * The flows that leave when there are too many: first those whose both ends are done, then those that never came to be open
 * (a flood of SYNs is made of them), then open ones; each time those that have been silent longest.
 */
export function firstToLeave(flows: LiveFlows, count: number): number[] {
  const classes: number[][] = [[], [], []];
  for (const flow of flows.all()) classes[classOf(flows, flow)].push(flow);
  const leaving: number[] = [];
  for (const members of classes) {
    const room = count - leaving.length;
    if (room <= 0) break;
    for (const flow of longestSilent(flows, members, room)) leaving.push(flow);
  }
  return leaving;
}

function classOf(flows: LiveFlows, flow: number): typeof DONE | typeof NEVER_OPEN | typeof OPEN {
  if (flows.isDone(flow)) return DONE;
  return flows.isSynchronized(flow) ? OPEN : NEVER_OPEN;
}

/** In the order in which they fell silent, then by number. */
function longestSilent(flows: LiveFlows, members: readonly number[], count: number): number[] {
  const last = Float64Array.from(members, (flow) => flows.lastOf(flow));
  const limit = members.length <= count ? Number.POSITIVE_INFINITY : last.slice().sort()[count - 1];
  const silent = members.filter((_, index) => last[index] <= limit);
  const order = (a: number, b: number): number =>
    flows.lastOf(a) - flows.lastOf(b) || flows.numberOf(a) - flows.numberOf(b);
  return silent.sort(order).slice(0, count);
}
