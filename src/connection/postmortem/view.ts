import type { Distances } from '../distances.js';
import type { Time } from '../model.js';
import type { HostProfile } from '../profile.js';
import type { Side } from '../state.js';
import { MILLISECOND, SECOND } from '../time.js';
import { undelay } from './clock.js';
import type { History, Seg } from './history.js';

/** One end as the tap sees it: what it sent, what it was sent, and how far away it is. One symmetric structure for both ends. */
export interface View {
  readonly side: Side;
  /** What this end sent, in the order of the capture. */
  readonly sent: readonly Seg[];
  /** What the other end sent to it. */
  readonly received: readonly Seg[];
  /** Round trip from the tap to this end and back, from this connection or else from others of the host; null where nothing tells. */
  readonly roundTrip: Time | null;
  /** The same, 0 where unknown. */
  readonly rtt: Time;
  /** What a crossing may take beyond the round trip before it counts as a contradiction: jitter, a busy host. */
  readonly margin: Time;
  /** The longest that may lie between what this end does and what the tap sees of it: what lower bounds count on. */
  readonly spread: Time;
  readonly profile: HostProfile;
  /** It accepted the data of a Fast Open SYN (RFC 7413), so that it may send data before the handshake is complete. */
  readonly fastOpened: boolean;
  /** Tap time of the last frame of the capture. */
  readonly until: Time;
  /** When the application behind its listener showed itself (see listeners.ts). */
  readonly listenerSigns: readonly Time[];
}

/** Where nothing tells the round trip, bounds allow for one that RFC 1122, section 4.2.3.1, had hosts begin with. */
const UNKNOWN = 3 * SECOND;
/** An ambiguous sample above this is a pause of the application rather than a round trip. */
const BELIEVABLE = 500 * MILLISECOND;

const marginOf = (rtt: Time): Time => MILLISECOND + rtt / 4;

/** See `View`. */
export const spreadOf = (roundTrip: Time | null): Time =>
  (roundTrip ?? UNKNOWN) + marginOf(roundTrip ?? 0) + MILLISECOND;

/** Both ends' views. */
export function viewsOf(
  history: History,
  profiles: Readonly<Record<Side, HostProfile>>,
  distances: Distances | null,
  until: Time,
): Record<Side, View> {
  const own = history.segments.filter((s) => s.isOwn);
  const client = own.filter((s) => s.from === 'client');
  const server = own.filter((s) => s.from === 'server');
  for (const sent of [client, server]) undelay(sent);
  markHiddenFin(client, 'client', history);
  markHiddenFin(server, 'server', history);
  const view = (side: Side, sent: Seg[], received: Seg[]): View => {
    const sample = roundTripOf(sent, received);
    if (sample !== null) distances?.note(history.hosts[side], sample);
    const roundTrip = sample ?? distances?.of(history.hosts[side]) ?? null;
    const rtt = roundTrip ?? 0;
    const margin = marginOf(rtt);
    return {
      side,
      sent,
      received,
      roundTrip,
      rtt,
      margin,
      spread: spreadOf(roundTrip),
      profile: profiles[side],
      fastOpened: sent.some((s) => s.isSynAck && s.ack > 1),
      until,
      listenerSigns: history.listenerSigns,
    };
  };
  return { client: view('client', client, server), server: view('server', server, client) };
}

/** A bare ACK whose number is one beyond all data, with no FIN seen before: the FIN that it counts passed the tap unseen. */
function markHiddenFin(sent: readonly Seg[], side: Side, { segments }: History): void {
  let end = Number.NEGATIVE_INFINITY;
  for (const seg of segments) {
    if (seg.run !== null) end += seg.run.bytes[side];
    if (!seg.isOwn || seg.from !== side || seg.isRst) continue;
    if (seg.isFin) return;
    if (seg.length === 0 && seg.seq === end + 1) {
      seg.afterHiddenFin = !sent.some((s) => explains(s, seg, end));
      return;
    }
    end = Math.max(end, seg.end);
  }
}

/** A byte of data that was lost before the tap comes again, or more follows; a FIN that this ACK overtook has an older clock. */
function explains(s: Seg, ack: Seg, end: number): boolean {
  if (s.length > 0 && s.seq + s.length > end) return true;
  return s.isFin && s.hasTimestamps && ((s.tsVal - ack.tsVal) | 0) <= 0;
}

/**
 * The smallest time from a segment's passing the tap to its acknowledgement's passing back. Retransmitted segments give no
 * sample (Karn), unless nothing else does: then the last copy gives the least it can have been.
 */
function roundTripOf(sent: readonly Seg[], received: readonly Seg[]): Time | null {
  let least: Time | null = null;
  let ambiguous: Time = BELIEVABLE;
  let heard = Number.NEGATIVE_INFINITY;
  let next = 0;
  let waiting: { seg: Seg; isRepeated: boolean }[] = [];
  for (const reply of sent) {
    for (; next < received.length && received[next].frame < reply.frame; next++) {
      const seg = received[next];
      if (seg.end === seg.seq || seg.isRst) continue;
      const before = waiting.findIndex((w) => w.seg.end === seg.end);
      if (before >= 0) waiting.splice(before, 1);
      waiting.push({ seg, isRepeated: seg.isRetransmission || before >= 0 });
    }
    if (!(reply.ack > heard)) continue;
    heard = reply.ack;
    const answered = waiting.find((w) => w.seg.end === reply.ack);
    if (waiting.length > 0) waiting = waiting.filter((w) => w.seg.end > reply.ack);
    if (!answered) continue;
    const sample = reply.time - answered.seg.time;
    // The capture's clock was set back in between.
    if (sample < 0) continue;
    if (answered.isRepeated) ambiguous = Math.min(ambiguous, sample);
    else least = Math.min(least ?? sample, sample);
  }
  return least ?? (ambiguous < BELIEVABLE ? ambiguous : null);
}
