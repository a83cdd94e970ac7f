/** A frame as it is written: bytes that may be fewer than were captured, and what the capture says of it. */
export interface FrameToWrite {
  readonly bytes: Uint8Array;
  /** Index in `bytes` of the first one that is written, and how many are. */
  readonly offset: number;
  readonly capturedLength: number;
  readonly originalLength: number;
  /** Whole seconds since 1970, and the rest in nanoseconds. */
  readonly seconds: number;
  readonly nanoseconds: number;
  /** LINKTYPE_ value. */
  readonly linkType: number;
}

/** Where the frames that follow come from. */
export interface Origin {
  /** Of the capture. */
  readonly path: string;
  /** LINKTYPE_ value of its frames, unless one of them says otherwise. */
  readonly linkType: number;
  /** Digits after the second's point. */
  readonly timeDigits: 6 | 9;
  /** The most bytes per frame; 0 where it is not known. */
  readonly snapLength: number;
}

/** Frames in, bytes of a capture file out: `take()` gives those that are ready. It never opens a file. */
export interface CaptureWriter {
  /** Frames of this capture follow; it may have had a turn before. */
  capture(origin: Origin): void;
  /**
   * @throws HandoverError `link-types` where the format holds one kind of frames, and this is another
   * @param comments shown beside the frame by whoever reads the capture, where the format holds any
   */
  frame(frame: FrameToWrite, comments: readonly string[]): void;
  take(): Uint8Array;
}

export const CAPTURE_FORMATS = ['pcapng', 'pcap'] as const;
export type CaptureFormat = (typeof CAPTURE_FORMATS)[number];
