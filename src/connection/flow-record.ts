/**
 * Layout of one live flow: a stride in one buffer that is seen as Int32Array and as Float64Array, since one record touches
 * fewer cache lines than one array per field. Direction 0 is sent by the lower endpoint of the key (see flow-table.ts),
 * direction 1 by the other.
 *
 * The order is that of use: an ordinary segment touches the first line of 64 bytes and that of its direction, and no other
 * unless it is of IPv6. With some 100,000 flows alive, waiting for memory is what a segment costs most.
 */
export const STRIDE = 98;
export const STRIDE_F64 = STRIDE / 2;

/** Records one behind the other, in one buffer that is seen in two ways. */
export interface FlowRecords {
  readonly i32: Int32Array;
  readonly f64: Float64Array;
}

/** Words from the block of one direction to that of the other, and doubles. */
export const DIRECTION = 16;
export const DIRECTION_F64 = DIRECTION / 2;

/**
 * Fields of the Int32Array, as offsets from the record's first word. Those that exist per direction are two words, index +
 * direction, unless they stand in `D`.
 */
export const I = {
  /** The lowest words of the addresses: with IPv4, all there is. */
  lowA: 0,
  lowB: 1,
  /** Port of A in the upper half, of B in the lower. */
  ports: 2,
  bits: 3,
  /** Per direction: one past the highest sequence number sent. */
  next: 4,
  /** Per direction: the highest acknowledgement sent. */
  acked: 6,
  /** Frame of the last segment of the run. */
  runLastFrame: 12,
  /** Entries that the flow's log was given; below 0 where the record shows the end of a deferred flow (see deferral.ts). */
  logCount: 13,
  /** The newest entry of the log; each leads to the one before. Of a deferred flow: its own record. */
  logTail: 14,
  /** Frame of the first segment of the run. */
  runFrame: 15,
  isn: 16,
  /** Direction of the first FIN; -1 before it. */
  closer: 28,
  /** Number of the flow, from 1. */
  number: 29,
  /** The incarnation before this one that may still be sent segments; -1 for none. */
  previous: 30,
  /** The incarnation that has taken this one's place; -1 for none. */
  successor: 31,
  retransmissions: 64,
  /** Per direction, a byte each in one word: 1 + the shift offered in the SYN; 0 where none was. */
  windowScales: 66,
  /** Direction of the first segment of the run. */
  runDirection: 67,
  /** Per direction: `packets` before the run. */
  runPackets: 70,
  /** Per direction: base sequence number as Wireshark sets it (see stream-numbers.ts). */
  streamBase: 76,
  /** Per direction: the last stretch of sequence numbers that was skipped, [holeLeft, holeRight); empty where both are equal. */
  holeLeft: 78,
  holeRight: 80,
  /** Per direction: initial sequence number of the incarnation before, to know a late copy of its SYN. */
  previousIsn: 82,
  /** Per direction: edges of the last SACK block, mixed into one number. */
  sack: 84,
  /** Frames that were copies of the one before. */
  copies: 86,
  /** Segments that were kept for display. */
  displayed: 87,
  /** Per direction: TSval of the SYN. */
  synTsVal: 88,
  /** Three words each: what IPv6 addresses have above the lowest. */
  upperA: 90,
  upperB: 93,
  /** The oldest entry of the log. */
  logHead: 96,
  tcpStream: 97,
} as const;

/** Fields of the Int32Array for direction 0; those of direction 1 follow after `DIRECTION` words. */
export const D = {
  // The last segment of the direction, up to ipId.
  frame: 38,
  seq: 39,
  ack: 40,
  length: 41,
  tsVal: 42,
  tsEcr: 43,
  /** As in the header: not scaled. */
  window: 44,
  /** Bits of its log entry. */
  marks: 45,
  /** IPv4 identification. */
  ipId: 46,
  packets: 47,
} as const;

/** Fields of the Float64Array, as offsets from the record's first double. Times are those of the tap. */
export const F = {
  last: 4,
  /** Of the last segment of the run. */
  runLast: 5,
  /** Milestones of a connection without incident; 0 until they are passed. */
  start: 9,
  synAck: 10,
  ack: 11,
  fin: 12,
  secondFin: 13,
  /** Of the first segment of the run. */
  runStart: 34,
  /** Per direction: payload bytes before the run. */
  runBytes: 36,
} as const;

/** Fields of the Float64Array for direction 0; those of direction 1 follow after `DIRECTION_F64` doubles. */
export const DF = {
  /** Of the direction's last segment. */
  time: 16,
  /** Since when sent data waits for its acknowledgement. */
  busySince: 17,
  /** Payload bytes. */
  bytes: 18,
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
  /** Per direction: its last segment is not in the log yet, but will be folded into the run or logged when the next one comes. */
  pending: 1 << 6,
  // Per direction, too:
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
  /** Something happened that only the whole post-mortem can judge (see postmortem/ordinary.ts). */
  incident: 1 << 30,
  /** Segments have been folded that the log does not hold yet. */
  run: 1 << 31,
} as const;
