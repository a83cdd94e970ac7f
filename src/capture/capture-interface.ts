/** What a capture says of one interface that it was taken on. */
export interface CaptureInterface {
  /** As the capturing system calls it; null where the capture does not say. */
  readonly name: string | null;
  /** LINKTYPE_ value, without the FCS bits. */
  readonly linkType: number;
  /** The most bytes per frame that were kept (snap length); 0 where the capture does not say. */
  readonly snapLength: number;
  /** Digits after the second's point that the timestamps have: 6 or 9. */
  readonly timeDigits: 6 | 9;
  /** Frames that the interface is said to have received while capturing; null where nothing is said. */
  readonly received: number | null;
  /**
   * Frames that were not captured for lack of room, in the interface and in the operating system, by the capture's own
   * count; null where nothing is said. Gaps may be the capture's own where this is not 0.
   */
  readonly dropped: number | null;
}

/** The interface of a format that tells no more of it. */
export function soleInterface(
  described: Pick<CaptureInterface, 'linkType' | 'snapLength' | 'timeDigits'>,
): CaptureInterface {
  const { linkType, snapLength, timeDigits } = described;
  return { name: null, linkType, snapLength, timeDigits, received: null, dropped: null };
}
