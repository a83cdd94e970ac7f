import type { CaptureInterface } from './capture-interface.js';
import { CaptureError } from './error.js';
import type { CaptureInfo, PacketSource } from './source.js';
import type { TimeOrder } from './time-order.js';

/** One capture of a series: where it stands in it, and how far it was read. */
export class SeriesMember {
  /** Null unless it is open: what it holds in memory goes with it. */
  source: PacketSource | null = null;
  /** What the source told when it was closed; null where it never was open. */
  info: CaptureInfo | null = null;
  interfaces: readonly CaptureInterface[] = [];
  /** Of a source that has changed the order of the file, how the file has it. */
  order: TimeOrder | null = null;
  error: CaptureError | null = null;
  /** Why it could not be opened. */
  openError: CaptureError | null = null;
  /** The frame under the source's cursor was not taken yet. */
  hasFrame = false;
  /** Time of the first frame; set with it. */
  firstSeconds = 0;
  firstNanoseconds = 0;
  /** Place in the order of first frames. */
  rank = 0;
  /** Of the frame under the cursor, in nanoseconds since the series' epoch; before it is opened, of the first frame. */
  time = 0;
  /** Until when its frames come before those of any other: see `Series`. */
  until = Number.POSITIVE_INFINITY;

  constructor(
    readonly path: string,
    /** Position among the captures that were given. */
    readonly index: number,
  ) {}

  /** Opens it and puts the cursor on the first frame, if there is one. */
  async open(openCapture: (path: string) => Promise<PacketSource>): Promise<void> {
    try {
      this.source = await openCapture(this.path);
    } catch (error) {
      if (!(error instanceof CaptureError)) throw error;
      this.openError = error;
      this.hasFrame = false;
      return;
    }
    await this.advance();
    if (!this.hasFrame) return;
    this.firstSeconds = this.source.frame.seconds;
    this.firstNanoseconds = this.source.frame.nanoseconds;
  }

  /** Puts the cursor on the next frame, with more of the file where it takes that; at its end, closes it. */
  async advance(): Promise<void> {
    const { source } = this;
    this.hasFrame = false;
    if (source === null) return;
    while (!this.hasFrame && (await source.advance())) this.hasFrame = source.next();
    if (!this.hasFrame) await this.close();
  }

  async close(): Promise<void> {
    const { source } = this;
    if (source === null) return;
    this.source = null;
    this.info = source.info;
    this.interfaces = source.interfaces;
    this.order = source.order ?? null;
    this.error = source.error;
    await source.close();
  }
}
