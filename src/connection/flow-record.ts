/**
 * Layout of one live flow: a stride in one buffer that is seen as Int32Array and as Float64Array, since one record touches
 * fewer cache lines than one array per field. Fields that exist per direction stand side by side: index + direction, where
 * direction 0 is the lower endpoint of the key (see flow-key order in flow-table.ts), 1 the other.
 *
 * The order is that of use: an ordinary segment touches the first three cache lines only (words 0 to 47).
 */
export const STRIDE = 80;
export const STRIDE_F64 = STRIDE / 2;

/** Fields of the Int32Array, as offsets from the record's first word. */
export const I = {
  /** Four words each: the lower address, the higher one; IPv4 in the last word. */
  addressA: 0,
  addressB: 4,
  /** Port of A in the upper half, of B in the lower. */
  ports: 8,
  hash: 9,
  bits: 10,
  logCount: 11,
  /** Per direction: log entry of the last ordinary segment, to be folded when the next one comes; -1 for none. */
  lastOrdinary: 12,
  /** Log entry that gathers the current run of folded segments; -1 for none. */
  run: 14,
  /** The newest entry of the log; each leads to the one before. */
  logTail: 15,
  /** Per direction: one past the highest sequence number sent. */
  next: 16,
  /** Per direction: the highest acknowledgement sent. */
  acked: 18,
  packets: 20,
  /** Per direction: window as in the last segment's header. */
  window: 22,
  /** Per direction: payload bytes of its last segment. */
  lastLength: 24,
  /** Per direction: IPv4 identification of its last segment. */
  lastIpId: 26,
  /** Per direction: log entry of its last segment; -1 before the first. */
  lastEntry: 28,
  /** Segments kept for display. */
  displayed: 30,
  /** The incarnation before this one that may still be sent segments; -1 for none. */
  previous: 31,
  isn: 54,
  /** Per direction: base sequence number as Wireshark sets it (see tcp-stream.ts). */
  streamBase: 56,
  /** Per direction: shift offered in the SYN; -1 where none was. */
  windowScale: 58,
  /** Per direction: TSval of the SYN. */
  synTsVal: 60,
  retransmissions: 62,
  /** Per direction: the last stretch of sequence numbers that was skipped, [holeLeft, holeRight); empty where both are equal. */
  holeLeft: 64,
  holeRight: 66,
  /** Per direction: initial sequence number of the incarnation before, to know a late copy of its SYN. */
  previousIsn: 68,
  tcpStream: 70,
  /** The oldest entry. */
  logHead: 71,
  /** The incarnation that has taken this one's place; -1 for none. */
  successor: 73,
  /** Frames that were copies of the one before. */
  copies: 74,
  /** One past the first FIN. */
  finEnd: 75,
  /** Direction of the first FIN; -1 before it. */
  closer: 76,
  /** Number of the flow, from 1. */
  number: 77,
} as const;

/** Fields of the Float64Array, as offsets from the record's first double. */
export const F = {
  last: 16,
  /** Per direction: since when sent data waits for its acknowledgement. */
  busySince: 17,
  /** Per direction: payload bytes. */
  bytes: 19,
  start: 21,
  /** Tap times of the milestones of a connection without incident; 0 until they are passed. */
  synAck: 22,
  ack: 23,
  fin: 24,
  secondFin: 25,
  /** Last segment of the end that closed first. */
  lastAck: 26,
} as const;

/** Bits of `I.bits`. Those that exist per direction take two bits: shifted left by the direction. */
export const BIT = {
  ipv6: 1 << 0,
  /** Direction 1 sent the first SYN. */
  openedByB: 1 << 1,
  /** A SYN told who opened. */
  rolesKnown: 1 << 2,
  /** Both ends are known to be beyond the handshake: ordinary segments may be folded. */
  synchronized: 1 << 3,
  /** In the queue of flows whose both ends are done. */
  ending: 1 << 4,
  /** Wireshark begins a new `tcp.stream` at the next SYN. */
  streamEnded: 1 << 5,
  // Per direction, from here on.
  isn: 1 << 8,
  next: 1 << 10,
  acked: 1 << 12,
  fin: 1 << 14,
  rst: 1 << 16,
  streamBase: 1 << 18,
  /** Sent something other than a SYN or a RST. */
  spoke: 1 << 20,
  /** The other end has closed its window on this one. */
  stalled: 1 << 22,
  previousIsn: 1 << 24,
  synTimestamps: 1 << 26,
  /** In the incarnation before, it had sent a FIN. */
  previousFin: 1 << 28,
  /** Not per direction: something happened that only the whole post-mortem can judge (see postmortem/ordinary.ts). */
  incident: 1 << 30,
} as const;
