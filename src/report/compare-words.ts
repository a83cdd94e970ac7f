import type { ComparedFlow, Comparison } from '../compare/compared-flow.js';
import { otherSide } from '../connection/state.js';
import { formatCount, formatDuration, formatTimestamp } from './units.js';

/** How the captures belong together, in one sentence; null where there is nothing to remark. */
export function overlapWords({ overlap, captures, delivered }: Comparison): string | null {
  if (overlap.kind === 'nothing') {
    return 'The captures share nothing: no segment of one is in the other. Connections that one of them holds are told as it shows them; what the other misses was lost only where it knows the host.';
  }
  if (overlap.kind === 'same-recording') {
    return `Each of the ${formatCount(delivered[0] + delivered[1])} segments has the very same time in both captures: they are one recording, or a copy of it, and there is nothing between them to tell of.`;
  }
  const clock = captures.flat().find((c) => c.clock !== null)?.clock;
  if (overlap.from === null || overlap.until === null || clock === undefined || clock === null) return null;
  const from = formatTimestamp(Math.round(overlap.from), clock).slice(0, 19).replace('T', ' ');
  const until = formatTimestamp(Math.round(overlap.until), clock).slice(11, 19);
  return overlap.until < overlap.from
    ? 'The captures hold no frames of the same time.'
    : `Both hold frames from ${from} to ${until} UTC (${formatDuration(overlap.until - overlap.from)}).`;
}

/** How the two captures' clocks differ, in one sentence. */
export function comparisonClockWords({
  offset,
  drift,
  driftUncertainty,
  uncertainty,
}: NonNullable<Comparison['clock']>): string {
  const amount = formatDuration(Math.round(Math.abs(offset) * 1e9));
  const gains =
    Math.abs(drift) <= driftUncertainty
      ? ''
      : `, ${drift < 0 ? 'losing' : 'gaining'} ${Math.abs(drift).toFixed(1)} µs a second`;
  return `The second clock is ${amount} ${offset < 0 ? 'behind' : 'ahead of'} the first one, to ±${formatDuration(Math.round(uncertainty * 1e9))}${gains}.`;
}

/** How the two sides' clocks differ, in a sentence. */
export function flowClockWords({ flowClock, reference }: ComparedFlow): string[] {
  if (flowClock === null) return [`clocks: nothing tells how they differ; times are the ${reference}'s side's`];
  const { offset, uncertainty } = flowClock;
  const amount = `${formatDuration(Math.round(Math.abs(offset) * 1e9))} ${offset < 0 ? 'behind' : 'ahead'}`;
  return [
    `server's clock ${amount}, to ±${formatDuration(Math.round(uncertainty * 1e9))}; times are the ${reference}'s side's`,
  ];
}

/** What became of each direction's segments, a sentence each. */
export function flowPathWords({ fates }: ComparedFlow): string[] {
  if (fates === null) return ["the other side's capture does not cover this connection"];
  return (['client', 'server'] as const).flatMap((from) => {
    const path = from === 'client' ? fates.clientToServer : fates.serverToClient;
    const facts = [`${formatCount(path.delivered)} arrived`];
    const lost = path.lost.length + path.lostMore;
    const injected = path.injected.length + path.injectedMore;
    if (lost > 0) facts.push(`${formatCount(lost)} lost`);
    if (injected > 0) facts.push(`${formatCount(injected)} sent by neither end, or missed by its capture`);
    if (path.duplicated > 0) facts.push(`${formatCount(path.duplicated)} duplicated`);
    if (path.reordered > 0) facts.push(`${formatCount(path.reordered)} reordered`);
    if (path.altered > 0) facts.push(`${formatCount(path.altered)} altered`);
    if (path.missed > 0) facts.push(`${formatCount(path.missed)} missed by the ${otherSide(from)}'s side's capture`);
    if (path.inFlight > 0) facts.push(`${formatCount(path.inFlight)} under way at the end`);
    if (path.delay !== null) facts.push(`${formatDuration(Math.round(path.delay.mean * 1e9))} on the way`);
    return [`to the ${otherSide(from)}: ${facts.join(', ')}`];
  });
}
