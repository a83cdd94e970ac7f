import type { LoggedSegment, Time } from '../connection/model.js';
import type { Side } from '../connection/state.js';
import type { ComparedFlow, OneTapSegment, PathSegment } from './compared-flow.js';
import type { SideView } from './compose.js';

type Fates = ComparedFlow['fates'];

/**
 * The segments that were kept of a connection, each once, with the times at which it passed either tap. Ordinary ones that
 * one side's capture has folded are in that side's run.
 */
export function pathSegments(views: Readonly<Record<Side, SideView | null>>, fates: Fates): PathSegment[] {
  const { client, server } = views;
  if (client === null || server === null) {
    const view = client ?? server;
    return view === null ? [] : oneSided(view, fates);
  }
  const path: PathSegment[] = [];
  for (const from of ['client', 'server'] as const) {
    const [near, far] = from === 'client' ? [client, server] : [server, client];
    const lost = frames(fates, from, 'lost');
    const injected = frames(fates, from, 'injected');
    const arrivals = new Map<string, LoggedSegment[]>();
    for (const segment of ownSegments(far, from)) {
      if (injected.has(segment.frame)) {
        path.push(passed(segment, 'injected', null, far.toReference(segment.time), segment.frame));
        continue;
      }
      const key = keyOf(far, segment);
      arrivals.set(key, [...(arrivals.get(key) ?? []), segment]);
    }
    for (const segment of ownSegments(near, from)) {
      const sentAt = near.toReference(segment.time);
      const shown = asAt(client, near, segment);
      if (lost.has(segment.frame)) {
        path.push(passed(shown, 'lost', sentAt, null));
        continue;
      }
      const arrival = segment.icmp === null ? arrivals.get(keyOf(near, segment))?.shift() : undefined;
      // What the client's side has folded is in its run, which is shown as a whole.
      if (arrival === undefined && from === 'server' && segment.icmp === null && hasRuns(client)) continue;
      path.push(
        passed(shown, 'delivered', sentAt, arrival ? far.toReference(arrival.time) : null, arrival?.frame ?? null),
      );
    }
  }
  for (const segment of client.postmortem.connection.segments)
    if (segment.run !== null) path.push(passed(segment, 'delivered', client.toReference(segment.time), null));
  return path.sort((a, b) => timeOf(a) - timeOf(b));
}

export const timeOf = ({ sentAt, arrivedAt }: PathSegment): Time => sentAt ?? arrivedAt ?? 0;

function oneSided(view: SideView, fates: Fates): PathSegment[] {
  return view.postmortem.connection.segments.map((segment) => {
    const time = view.toReference(segment.time);
    const isSent = segment.from === view.side;
    if (segment.run !== null || fates === null)
      return passed(segment, 'unknown', isSent ? time : null, isSent ? null : time);
    if (isSent && frames(fates, segment.from, 'lost').has(segment.frame)) return passed(segment, 'lost', time, null);
    if (!isSent && frames(fates, segment.from, 'injected').has(segment.frame))
      return passed(segment, 'injected', null, time);
    return passed(segment, 'unknown', isSent ? time : null, isSent ? null : time);
  });
}

const passed = (
  segment: LoggedSegment,
  fate: PathSegment['fate'],
  sentAt: Time | null,
  arrivedAt: Time | null,
  arrivalFrame: number | null = null,
): PathSegment => ({ segment, fate, sentAt, arrivedAt, arrivalFrame });

function frames(fates: Fates, from: Side, kind: 'lost' | 'injected'): Set<number> {
  const of = from === 'client' ? fates?.clientToServer : fates?.serverToClient;
  return new Set(of?.[kind].map((s: OneTapSegment) => s.frame));
}

const ownSegments = (view: SideView, from: Side): LoggedSegment[] =>
  view.postmortem.connection.segments.filter((s) => s.from === from && s.run === null);

const hasRuns = (view: SideView): boolean => view.postmortem.connection.segments.some((s) => s.run !== null);

/** What is the same of a segment at both taps, whatever is rewritten between them. */
function keyOf(view: SideView, s: LoggedSegment): string {
  const { isn } = view.postmortem.connection;
  const other: Side = s.from === 'client' ? 'server' : 'client';
  return `${(s.seq - (isn[s.from] ?? 0)) >>> 0} ${(s.ack - (isn[other] ?? 0)) >>> 0} ${s.length} ${s.flags} ${s.tsVal}`;
}

/** A segment with the numbers that it has, or would have, at another tap. */
function asAt(shown: SideView, own: SideView, segment: LoggedSegment): LoggedSegment {
  const [to, from] = [shown.postmortem.connection.isn, own.postmortem.connection.isn];
  const other: Side = segment.from === 'client' ? 'server' : 'client';
  const shift = (side: Side): number => (to[side] === null || from[side] === null ? 0 : to[side] - from[side]);
  const [seq, ack] = [shift(segment.from), shift(other)];
  return seq === 0 && ack === 0
    ? segment
    : { ...segment, seq: (segment.seq + seq) >>> 0, ack: (segment.ack + ack) >>> 0 };
}
