/** No TCP header, for the reason that was counted. The segment says nothing. */
export const SKIPPED = 0;
/** A segment whose flags, sequence and acknowledgment numbers can be relied upon. */
export const TCP = 1;
/** An ICMP or ICMPv6 error that quotes a segment. */
export const ICMP_ERROR = 2;
/**
 * A TCP header that is malformed, captured no further than before its flags, or damaged by its checksum: nothing but
 * addresses and ports can be relied upon. Wireshark counts it as TCP.
 */
export const TCP_UNUSABLE = 3;

/** What `FrameDecoder.decode` found in a frame. */
export type DecodeResult = typeof SKIPPED | typeof TCP | typeof ICMP_ERROR | typeof TCP_UNUSABLE;

/** Why a frame was passed over: stable names, and negative numbers so that one return value can hold a reason or a result. */
export const SkipReason = {
  /** No decoder for the capture's link type. */
  'unknown-link-type': -1,
  /** ARP, LLC, LLDP and other frames without an IP packet. */
  'not-ip': -2,
  /** IP with UDP, SCTP, ICMP that is no error about TCP, and so on. */
  'not-tcp': -3,
  /** A tunnel that is not looked into: GRE with a routing field, or too many tunnels in one another. */
  tunnel: -4,
  /** ESP or MACsec: what is inside cannot be known. */
  encrypted: -5,
  /** A fragment of an IP packet, or of an IEEE 802.11 frame, other than the one that completes the packet. */
  fragment: -6,
  /** The capture ends before the ports. */
  truncated: -7,
  /** Lengths or versions that contradict each other before a TCP header was reached. */
  malformed: -8,
  /** A TCP header of which the flags were not captured: `TCP_UNUSABLE`. */
  'tcp-truncated': -9,
  /** A TCP header shorter than 20 bytes, or longer than its IP packet has room for: `TCP_UNUSABLE`. */
  'tcp-malformed': -10,
  /** Checksums were to be verified, and one of them is wrong: `TCP_UNUSABLE`. */
  'bad-checksum': -12,
  /** A block of a pcapng file that Wireshark numbers as a frame, and that holds no packet. */
  'not-a-packet': -11,
} as const;
export type SkipReason = (typeof SkipReason)[keyof typeof SkipReason];

/** What a layer hands up: a result, or the (negative) reason why there is none. */
export type Outcome = typeof TCP | typeof ICMP_ERROR | SkipReason;
