import type { CaptureInterface } from './capture-interface.js';
import type { CaptureError } from './error.js';
import { Frame } from './frame.js';
import { Heap } from './heap.js';
import type { CaptureInfo, PacketSource } from './source.js';
import { TimeOrder } from './time-order.js';

/** Frames, and bytes of them, that are held at most: beyond, the oldest goes on, though its window is not over. */
const MOST_FRAMES = 2 ** 16;
const MOST_BYTES = 2 ** 26;

/** A frame that outlives the cursor. */
class HeldFrame extends Frame {
  /** Nanoseconds since the capture's first frame. */
  time = 0;
}

/**
 * The frames of another source in the order of their times, as far as that takes no more than a window: a frame is held
 * until one was read that is later by more. Frames of one time stay in the order of the file; all keep their numbers.
 *
 * A frame that comes later than its window lets those go that are held, and the order begins anew with it: so a clock that
 * jumps, or a single wrong time, leaves everything else in the order of the file.
 */
export class ReorderedSource implements PacketSource {
  readonly frame = new Frame();
  /** As the file has them. */
  readonly order = new TimeOrder();
  readonly #source: PacketSource;
  readonly #window: number;
  readonly #held = new Heap<HeldFrame>((a, b) => a.time - b.time || a.number - b.number);
  readonly #unused: HeldFrame[] = [];
  #count = 0;
  #bytes = 0;
  #newest = Number.NEGATIVE_INFINITY;
  /** It was read after its window, and waits for those that are held. */
  #late: HeldFrame | null = null;
  #epochSeconds: number | null = null;
  #isAtEnd = false;

  /**
   * @param window nanoseconds
   * @param mostFrames that are held at most
   */
  constructor(
    source: PacketSource,
    window: number,
    private readonly mostFrames = MOST_FRAMES,
  ) {
    this.#source = source;
    this.#window = window;
  }

  get info(): CaptureInfo {
    return this.#source.info;
  }

  get interfaces(): readonly CaptureInterface[] {
    return this.#source.interfaces;
  }

  get error(): CaptureError | null {
    return this.#source.error;
  }

  get bytesRead(): number {
    return this.#source.bytesRead;
  }

  get size(): number | null {
    return this.#source.size;
  }

  async advance(): Promise<boolean> {
    if (this.#isAtEnd) return false;
    if (await this.#source.advance()) return true;
    this.#isAtEnd = true;
    return this.#count > 0;
  }

  next(): boolean {
    while (!this.#isDue()) {
      if (this.#isAtEnd || !this.#source.next()) return false;
      this.#hold(this.#source.frame);
    }
    const frame = this.#held.pop();
    if (frame === null) return false;
    this.#count--;
    this.#bytes -= frame.capturedLength;
    this.#show(frame);
    if (this.#late !== null && this.#count === 0) this.#beginAnew(this.#late);
    return true;
  }

  close(): Promise<void> {
    return this.#source.close();
  }

  /** Nothing that is still to be read comes before the first of those held. */
  #isDue(): boolean {
    const first = this.#held.peek();
    if (first === null) return false;
    return (
      this.#isAtEnd ||
      this.#late !== null ||
      this.#newest - first.time > this.#window ||
      this.#count > this.mostFrames ||
      this.#bytes > MOST_BYTES
    );
  }

  #hold(frame: Frame): void {
    const { seconds, nanoseconds, offset, capturedLength } = frame;
    this.#epochSeconds ??= seconds;
    const held = this.#unused.pop() ?? new HeldFrame();
    held.time = (seconds - this.#epochSeconds) * 1e9 + nanoseconds;
    this.order.see(held.time);
    held.bytes = new Uint8Array(frame.bytes.subarray(offset, offset + capturedLength));
    held.view = new DataView(held.bytes.buffer);
    held.offset = 0;
    takeHead(held, frame);
    if (this.#count > 0 && this.#newest - held.time > this.#window) this.#late = held;
    else if (this.#count === 0) this.#beginAnew(held);
    else this.#add(held);
  }

  #add(frame: HeldFrame): void {
    this.#held.push(frame);
    this.#count++;
    this.#bytes += frame.capturedLength;
    if (frame.time > this.#newest) this.#newest = frame.time;
  }

  /** Nothing is held: what comes is compared with this frame. */
  #beginAnew(frame: HeldFrame): void {
    this.#late = null;
    this.#newest = frame.time;
    this.#add(frame);
  }

  #show(held: HeldFrame): void {
    const { frame } = this;
    frame.bytes = held.bytes;
    frame.view = held.view;
    frame.offset = held.offset;
    takeHead(frame, held);
    this.#unused.push(held);
  }
}

/** Everything but the bytes. */
function takeHead(to: Frame, from: Frame): void {
  to.capturedLength = from.capturedLength;
  to.originalLength = from.originalLength;
  to.seconds = from.seconds;
  to.nanoseconds = from.nanoseconds;
  to.linkType = from.linkType;
  to.number = from.number;
}
