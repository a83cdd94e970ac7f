/**
 * Records that lie in memory one behind the other, in little-endian order: of a pcap file, with headers of 16 bytes, or
 * blocks of a pcapng file. Whoever takes some from its begin on moves `position`, `frame` and `newest`.
 */
export class RecordSpan {
  bytes: Uint8Array = new Uint8Array(0);
  /** Where `bytes` are the same object, and this number is the same, they hold the same. */
  piece = -1;
  /** Segments that another thread has decoded from `bytes`, in memory that it shares with who takes them; null where none has. */
  decoded: Uint8Array | null = null;
  /** Of the first record, in `bytes`. */
  position = 0;
  /** The last record may end behind it. */
  limit = 0;
  /** Of times: 1000 or 1. */
  nanosecondsOfUnit = 1000;
  /** Those of pcapng that blocks may name: they count time alike, and have one link type. 0 for pcap. */
  interfaces = 0;
  /** Where in a frame the EtherType stands, and how long the link layer's header is. */
  typeAt = 0;
  linkHeader = 0;
  /** Whole seconds since 1970 that times count from; the times below are nanoseconds from there on. */
  epochSeconds = 0;
  /** Number of the frame before the first record. */
  frame = 0;
  /** Time of the newest frame so far. A frame from before that is not for who takes records from here. */
  newest = 0;
  /** Nor is a frame after that. */
  until = 0;
}
