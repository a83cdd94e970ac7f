import { ACK } from '../../decode/segment.js';
import type { Arrival } from './delivery.js';
import type { Seg } from './history.js';
import type { View } from './view.js';

/**
 * The resets that the endpoint took (RFC 9293, section 3.10.7; RFC 5961, section 3.2): exactly at the next number that it
 * expects, or in SYN_SENT acknowledging its SYN, and not followed by signs of life.
 */
export function acceptedResets(view: View): Arrival[] {
  const accepted: Arrival[] = [];
  for (const rst of view.received) {
    if (!rst.isRst) continue;
    const life = view.sent.find((s) => s.time > rst.time + view.rtt + view.margin && !s.isRst);
    if (life) {
      rst.fate = view.sent.some(
        (s) => s.frame > rst.frame && s.time <= rst.time + view.rtt * 2 + view.margin && !s.isRst,
      )
        ? 'ignored'
        : 'unheeded';
      rst.refutedBy = life;
      continue;
    }
    if (!isExact(view, rst)) {
      rst.fate = 'ignored';
      continue;
    }
    if (pathIsDead(view, rst)) {
      rst.fate = 'unheeded';
      continue;
    }
    const answer = view.sent.find((s) => s.frame > rst.frame && s.isRst) ?? null;
    accepted.push({ cause: rst, earliest: rst.time, proof: answer, revoked: [] });
  }
  return accepted;
}

/** A bare RST answers a segment, whose acknowledgement is its number (RFC 9293, section 3.10.7.1): that one arrived. */
export function markAnsweredByReset(view: View): void {
  for (const rst of view.sent) {
    if (!rst.isRst || (rst.flags & ACK) !== 0) continue;
    const answered = view.received.findLast(
      (s) => s.frame < rst.frame && s.ack === rst.seq && rst.time - s.time >= view.rtt * 0.5,
    );
    if (!answered) continue;
    answered.fate = 'delivered';
    answered.refutedBy = null;
    answered.provedBy = rst;
  }
}

/** The number is what the endpoint expects next, as far as can be told: between what it acknowledged and what was sent to it. */
function isExact(view: View, rst: Seg): boolean {
  const synchronized = view.received.some((s) => !s.isRst && s.frame < rst.frame);
  if (!synchronized) {
    // In SYN_SENT only the acknowledgement counts (3.10.7.3); elsewhere without any segment before, nothing tells.
    const before = view.sent.filter((s) => s.frame < rst.frame);
    const inSynSent = before.length > 0 && before.every((s) => s.isSyn);
    return inSynSent ? rst.ack >= 1 : true;
  }
  let heard = Number.NEGATIVE_INFINITY;
  for (const s of view.sent) if (s.ack > heard && s.time <= rst.time + view.rtt + view.margin) heard = s.ack;
  let sent = Number.NEGATIVE_INFINITY;
  let fin = false;
  for (const s of view.received) {
    if (s.frame >= rst.frame || s.isRst) continue;
    if (s.end > sent) sent = s.end;
    fin ||= s.isFin;
  }
  if (heard === Number.NEGATIVE_INFINITY) heard = sent;
  return rst.seq >= Math.min(heard, sent) - (fin ? 1 : 0) && rst.seq <= Math.max(heard, sent);
}

/** Two repetitions or probes went unanswered before the RST: what swallowed them will have swallowed it. */
function pathIsDead(view: View, rst: Seg): boolean {
  let unanswered = 0;
  for (let i = view.received.length - 1; i >= 0; i--) {
    const seg = view.received[i];
    if (seg.frame >= rst.frame) continue;
    const answered = view.sent.some((s) => s.frame > seg.frame && s.frame < rst.frame && !s.isRst);
    if (answered) return false;
    if (seg.isRetransmission || isProbe(view.received, seg)) unanswered++;
    if (unanswered >= 2) return true;
  }
  return false;
}

/** A keep-alive or window probe: one below what was sent before (RFC 9293, section 3.8.4). */
export function isProbe(sent: readonly Seg[], seg: Seg): boolean {
  return sent.some((s) => s.frame < seg.frame && s.end === seg.seq + 1);
}

/** A RST in this endpoint's name that it never sent: it went on as before (with timestamps that are newer). */
export function isInjected(view: View, rst: Seg): boolean {
  let clock: number | null = null;
  if (rst.hasTimestamps) clock = rst.tsVal;
  else for (const s of view.sent) if (s.frame < rst.frame && s.hasTimestamps) clock = s.tsVal;
  return view.sent.some(
    (s) =>
      s.frame > rst.frame &&
      !s.isRst &&
      !s.isSyn &&
      s.time > rst.time &&
      (!s.hasTimestamps || clock === null || ((s.tsVal - clock) | 0) > 0),
  );
}
