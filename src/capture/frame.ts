/** What stands in `Frame.linkType` for a block of pcapng that is numbered like a frame and is no packet. */
export const NO_PACKET = -1;

/**
 * The frame under a packet source's cursor: one object, overwritten by each `next()`.
 * What must outlive the next call is copied by whoever needs it.
 */
export class Frame {
  /** The chunk that holds the captured bytes, from `offset` for `capturedLength` bytes. */
  view: DataView = new DataView(new ArrayBuffer(0));
  /** The same chunk as bytes: the same index means the same byte as in `view`. */
  bytes: Uint8Array = new Uint8Array(0);
  /** Index of the frame's first byte in `view`. */
  offset = 0;
  /** Bytes that were captured. */
  capturedLength = 0;
  /** Bytes that were on the wire; larger than `capturedLength` where the snap length cut the frame. */
  originalLength = 0;
  /** Time of capture: whole seconds since 1970. */
  seconds = 0;
  /** Time of capture: the rest, in nanoseconds. */
  nanoseconds = 0;
  /** LINKTYPE_ value of the capture file format, without the bits that tell of an FCS; or `NO_PACKET`. */
  linkType = 0;
  /** Number in its capture, from 1, as Wireshark numbers frames. */
  number = 0;
}
