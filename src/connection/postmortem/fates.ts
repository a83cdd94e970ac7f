import { LOG } from '../segment-log.js';
import { otherSide, type Side } from '../state.js';
import type { Seg } from './history.js';

/** What one end has sent that is not known to have arrived. */
interface InFlight {
  /** The highest acknowledgement of it. */
  acked: number;
  /** Occupies sequence numbers that nobody has acknowledged. */
  unacknowledged: Seg[];
  /** What a SACK block showed to be missing: a later acknowledgement may be of a copy that the capture missed. */
  readonly missed: Set<Seg>;
  /** By TSval; null where several segments carry the same. */
  readonly stamped: Map<number, Seg | null>;
}

/**
 * Tells of each segment whether its receiver's later ones prove that it arrived: an acknowledgement or a SACK block covers it
 * and no other copy of its bytes, or a TSecr echoes its TSval and that of no other. What contradictions have told stays.
 * @param segments in the order of the capture
 */
export function markDelivered(segments: readonly Seg[]): void {
  const fresh = (): InFlight => ({
    acked: Number.NEGATIVE_INFINITY,
    unacknowledged: [],
    missed: new Set(),
    stamped: new Map(),
  });
  let inFlight: Record<Side, InFlight> = { client: fresh(), server: fresh() };
  for (const seg of segments) {
    // What later segments echo or acknowledge may be one of the run.
    if (seg.run !== null) inFlight = { client: fresh(), server: fresh() };
    if (!seg.isOwn && (seg.marks & LOG.display) === 0) continue;
    prove(inFlight[otherSide(seg.from)], seg);
    const { acked, unacknowledged, stamped } = inFlight[seg.from];
    if (seg.end > seg.seq && seg.end > acked && !seg.isRst) unacknowledged.push(seg);
    if (seg.hasTimestamps) stamped.set(seg.tsVal, stamped.has(seg.tsVal) ? null : seg);
  }
}

/** What `reply` proves to have arrived at its sender. */
function prove(flight: InFlight, reply: Seg): void {
  const echoed = reply.hasTimestamps ? flight.stamped.get(reply.tsEcr) : undefined;
  if (echoed) deliver(echoed, reply);
  if (reply.ack > flight.acked) flight.acked = reply.ack;
  if (flight.unacknowledged.length === 0) return;
  const covered = flight.unacknowledged.filter((s) => reply.ack >= s.end || isSacked(s, reply));
  for (const seg of covered) if (!isDoubtful(seg, flight)) deliver(seg, reply);
  flight.unacknowledged = flight.unacknowledged.filter((s) => !covered.includes(s));
  for (const seg of flight.unacknowledged) if (reply.sack !== null && seg.end <= reply.sack[0]) flight.missed.add(seg);
}

/** Another copy of its bytes may be the one that arrived. */
const isDoubtful = (seg: Seg, { unacknowledged, missed }: InFlight): boolean =>
  missed.has(seg) || unacknowledged.some((s) => s !== seg && s.seq < seg.end && seg.seq < s.end);

/** What a duplicate SACK names (RFC 2883) lies below the acknowledgement, and is no longer asked about. */
const isSacked = (seg: Seg, { sack }: Seg): boolean => sack !== null && sack[0] <= seg.seq && seg.end <= sack[1];

function deliver(seg: Seg, reply: Seg): void {
  if (seg.fate !== 'presumed') return;
  seg.fate = 'delivered';
  seg.provedBy = reply;
}
