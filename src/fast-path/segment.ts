/** The TCP segment under the cursor, in host order: what src/decode/segment.ts says of it, as far as a deferred flow needs it. */
export class Segment {
  /** When it passed the tap, in nanoseconds on the flow's clock. */
  static time: f64 = 0;
  static frame: u32 = 0;

  static isIpv6: bool = false;
  /** IPv6 addresses have three words above the lowest. */
  static source0: u32 = 0;
  static source1: u32 = 0;
  static source2: u32 = 0;
  static source3: u32 = 0;
  static destination0: u32 = 0;
  static destination1: u32 = 0;
  static destination2: u32 = 0;
  static destination3: u32 = 0;
  /** That of the source in the upper half. */
  static ports: u32 = 0;

  static seq: u32 = 0;
  static ack: u32 = 0;
  static flags: u32 = 0;
  static window: u32 = 0;
  static length: u32 = 0;
  static ipId: u32 = 0;
  /** -1 where absent. */
  static windowScale: i32 = -1;
  static hasTimestamps: bool = false;
  static tsVal: u32 = 0;
  static tsEcr: u32 = 0;
  /** It has options that no segment of a deferred flow has. */
  static isUnusual: bool = false;
}

/** Flag bits as they stand in the header (RFC 9293, section 3.1). */
export const FIN: u32 = 0x01;
export const SYN: u32 = 0x02;
export const RST: u32 = 0x04;
export const ACK: u32 = 0x10;
