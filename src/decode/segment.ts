/** TCP flag bits as they stand in the header (RFC 9293, section 3.1). */
export const FIN = 0x01;
export const SYN = 0x02;
export const RST = 0x04;
export const PSH = 0x08;
export const ACK = 0x10;
export const URG = 0x20;
export const ECE = 0x40;
export const CWR = 0x80;
/** The AE (formerly NS) bit, which stands in the byte before the other flags. */
export const AE = 0x100;

/** Kinds of tunnels, as `Segment.tunnel` tells them. */
export const Tunnel = {
  NONE: 0,
  PPPOE: 1,
  IP: 2,
  GRE: 3,
  ETHER_IP: 4,
  VXLAN: 5,
  GENEVE: 6,
  GTP_U: 7,
  L2TP: 8,
  TEREDO: 9,
  MPLS: 10,
  LISP: 11,
  TZSP: 12,
  PROVIDER_BACKBONE: 13,
  AYIYA: 14,
} as const;
export type Tunnel = (typeof Tunnel)[keyof typeof Tunnel];

/**
 * The TCP segment under the decoder's cursor: one object, overwritten by each `decode()`.
 * Numbers are unsigned unless said otherwise.
 */
export class Segment {
  /** Frame that it came in, and when that passed the tap, on the flow's clock. Set by who follows the capture: the decoder knows neither. */
  frame = 0;
  time = 0;

  /** 4 or 6. */
  ipVersion = 4;
  /** Addresses as four 32-bit words in host order, signed (`| 0`); IPv4 stands in the last one, the others 0. */
  source0 = 0;
  source1 = 0;
  source2 = 0;
  source3 = 0;
  destination0 = 0;
  destination1 = 0;
  destination2 = 0;
  destination3 = 0;
  sourcePort = 0;
  destinationPort = 0;

  /** Sequence numbers and timestamps are signed words: V8 keeps those in the object itself, and larger ones in boxes. */
  seq = 0;
  ack = 0;
  /** Bits as above, AE included. */
  flags = 0;
  /** As in the header: not scaled. */
  window = 0;
  /** Bytes of payload on the wire, by the IP header's length: not how many were captured. */
  length = 0;
  ttl = 0;
  /** IPv4 identification; -1 for IPv6. */
  ipId = -1;

  /** The options below were all captured; false where the snap length cut the TCP header after its 20 fixed bytes. */
  optionsComplete = true;
  /** Maximum segment size; -1 where absent. */
  mss = -1;
  /** Window scale shift (RFC 7323, at most 14); -1 where absent. */
  windowScale = -1;
  sackPermitted = false;
  hasTimestamps = false;
  tsVal = 0;
  tsEcr = 0;
  /** How many SACK blocks `sack` holds, 0 to 4. */
  sackCount = 0;
  /** Left and right edges, alternating: block i is [sack[2i], sack[2i+1]). */
  readonly sack = new Uint32Array(8);
  /** A Fast Open option (RFC 7413, or experimental with its magic) is present, with or without a cookie. */
  fastOpen = false;

  /** VLAN identifiers of the first two tags from the outside, whatever tunnels lie between; -1 where there is none. */
  vlan = -1;
  innerVlan = -1;
  /** What the innermost tunnel around the segment is: a value of `Tunnel`; 0 where there is none. */
  tunnel = 0;
  /** The identifier of that tunnel: VNI, GRE key, TEID, PPPoE or L2TP session; -1 where it has none. */
  tunnelId = -1;

  /** For an ICMP error: its type and code, and the quoted segment in the fields above (addresses and ports as quoted: source is who sent the segment that failed). -1 for a segment of its own. */
  icmpType = -1;
  icmpCode = -1;
  /** Address family of the ICMP message is `ipVersion`. The quoted header held at least the sequence number. */
  quotedSeq = false;
}
