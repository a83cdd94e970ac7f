import type { SegmentRole } from '../model.js';
import { LOG } from '../segment-log.js';
import type { Side } from '../state.js';
import type { Seg } from './history.js';

/** One end's sending, as far as probes and duplicates are concerned. */
interface Sending {
  /** One past the highest sequence number sent. */
  end: number;
  last: Seg | null;
  window: number;
  probed: boolean;
}

/** What each segment is beyond its flags, by Wireshark's definitions (packet-tcp.c, tcp_analyze_sequence_number). */
export function rolesOf(segments: readonly Seg[]): Map<Seg, SegmentRole> {
  const roles = new Map<Seg, SegmentRole>();
  const fresh = (): Sending => ({ end: Number.NEGATIVE_INFINITY, last: null, window: -1, probed: false });
  const sending: Record<Side, Sending> = { client: fresh(), server: fresh() };
  for (const seg of segments) {
    if (seg.run || seg.icmp) {
      roles.set(seg, seg.run ? 'run' : 'icmp');
      continue;
    }
    if (!seg.isOwn && (seg.marks & LOG.display) === 0) continue;
    const own = sending[seg.from];
    const peer = sending[seg.from === 'client' ? 'server' : 'client'];
    const bare = !seg.isSyn && !seg.isSynAck && !seg.isFin && !seg.isRst;
    if (bare && seg.length <= 1 && seg.seq + 1 === own.end) {
      roles.set(seg, peer.window === 0 ? 'window-probe' : 'keep-alive');
      own.probed = true;
    } else if (bare && seg.length === 0 && own.last && seg.ack === own.last.ack && seg.seq === own.end) {
      if (peer.probed) roles.set(seg, 'keep-alive-ack');
      else if (seg.window === own.window && !own.last.isSynAck && !peer.last?.isSynAck) roles.set(seg, 'duplicate-ack');
      peer.probed = false;
    }
    if (!seg.isRst) {
      own.end = Math.max(own.end, seg.end);
      own.last = seg;
      own.window = seg.window;
    }
  }
  return roles;
}
