import type { CaptureInterface } from './capture-interface.js';
import { PcapngClock } from './pcapng-clock.js';
import { eachOption, Option } from './pcapng-options.js';

const LONGEST_NAME = 256;

/** An interface as its description block gives it, and its statistics as far as they were read. */
export class PcapngInterface implements CaptureInterface {
  readonly name: string | null;
  readonly linkType: number;
  readonly snapLength: number;
  readonly clock: PcapngClock;
  received: number | null = null;
  dropped: number | null = null;

  /** @param start index of the block's body in `view`; its options end at `end` */
  constructor(view: DataView, start: number, end: number, littleEndian: boolean) {
    this.linkType = view.getUint16(start, littleEndian);
    this.snapLength = view.getUint32(start + 4, littleEndian);
    let name: string | null = null;
    let resolution = 6;
    let offset = 0n;
    eachOption(view, start + 8, end, littleEndian, (code, at, length) => {
      if (code === Option.IF_NAME) name = textOf(view, at, Math.min(length, LONGEST_NAME));
      else if (code === Option.IF_TSRESOL && length === 1) resolution = view.getUint8(at);
      else if (code === Option.IF_TSOFFSET && length === 8) offset = view.getBigInt64(at, littleEndian);
    });
    this.name = name;
    this.clock = new PcapngClock(resolution, offset);
  }

  get timeDigits(): 6 | 9 {
    return this.clock.digits;
  }

  /** Takes an interface statistics block. Its counters count from the beginning: a later block takes an earlier one's place. */
  takeStatistics(view: DataView, start: number, end: number, littleEndian: boolean): void {
    let dropped: number | null = null;
    eachOption(view, start, end, littleEndian, (code, at, length) => {
      if (length !== 8) return;
      const count = Number(view.getBigUint64(at, littleEndian));
      if (code === Option.ISB_IFRECV) this.received = count;
      else if (code === Option.ISB_IFDROP || code === Option.ISB_OSDROP) dropped = (dropped ?? 0) + count;
    });
    this.dropped = dropped ?? this.dropped;
  }
}

/** UTF-8, without what may follow a final zero byte. */
function textOf(view: DataView, at: number, length: number): string {
  const text = Buffer.from(view.buffer, view.byteOffset + at, length).toString('utf8');
  return text.split('\0', 1)[0];
}
