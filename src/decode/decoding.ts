import type { FragmentCounts, Reassembly } from './reassembly.js';
import { Segment } from './segment.js';

/** What the layers that one frame is taken through share. */
export class Decoding {
  readonly segment = new Segment();
  readonly fragments: FragmentCounts = { packets: 0, reassembled: 0, overlapping: 0 };
  /** The packet stands in an ICMP error, where it may be cut anywhere and is not looked into for another error. */
  isQuoted = false;
  /** Headers of tunnels passed so far. */
  tunnels = 0;
  /** Time of capture of the frame: whole seconds since 1970. */
  seconds = 0;

  constructor(
    readonly reassembly: Reassembly,
    readonly verifyChecksums: boolean,
  ) {}
}
