import { type ByteSource, BytesError } from './bytes.js';
import type { CaptureInterface } from './capture-interface.js';
import type { CaptureError } from './error.js';
import type { Frame } from './frame.js';
import type { Framer } from './framer.js';
import type { RecordSpan } from './record-span.js';
import type { CaptureInfo, PacketSource } from './source.js';

/** The project's own reader: every format, at the speed of reading. */
export class NativeSource implements PacketSource {
  readonly frame: Frame;
  #bytesError: CaptureError | null = null;
  /** The first chunk was read by `open`, and not given out yet. */
  #isAhead = false;
  /** Made once for so many interfaces: it is asked for at each turn. */
  #info: CaptureInfo | null = null;
  #described = 0;
  /** Those that are read now. */
  #bytes: ByteSource;

  /** @param opened the bytes that the framer begins with; the source closes them */
  constructor(
    private readonly origin: Pick<CaptureInfo, 'path' | 'format' | 'compression'>,
    private readonly framer: Framer,
    private readonly opened: ByteSource,
  ) {
    this.frame = framer.frame;
    this.#bytes = opened;
  }

  /** Descriptor of a file whose bytes are the capture's; null where there is none. */
  get descriptor(): number | null {
    return this.opened.descriptor ?? null;
  }

  readInto(memory: Uint8Array): void {
    // What is unpacked is neither read nor put there.
    if (this.origin.compression === null) this.opened.readInto?.(memory);
  }

  /**
   * Reads on from other bytes, once `next()` has returned false.
   * @param bytes whoever gives them closes them
   * @returns where in the capture they must begin
   */
  readOn(bytes: ByteSource): number {
    this.#bytes = bytes;
    return this.framer.rewind();
  }

  /**
   * Reads on to the first frame, so that `info` and `interfaces` tell what is before it: as far as the first chunk goes.
   * @throws CaptureError where the capture is wrong before its first frame
   */
  async open(): Promise<void> {
    if (!(await this.advance())) return;
    this.framer.skipToFrame();
    if (this.error !== null) throw this.error;
    this.#isAhead = true;
  }

  get info(): CaptureInfo {
    const { interfaces } = this;
    if (this.#info === null || this.#described !== interfaces.length) {
      const [first] = interfaces;
      this.#described = interfaces.length;
      this.#info = {
        ...this.origin,
        linkType: first?.linkType ?? -1,
        timeDigits: interfaces.some(({ timeDigits }) => timeDigits === 9) ? 9 : 6,
        snapLength: first?.snapLength ?? 0,
      };
    }
    return this.#info;
  }

  get interfaces(): readonly CaptureInterface[] {
    return this.framer.interfaces;
  }

  async advance(): Promise<boolean> {
    if (this.#isAhead) {
      this.#isAhead = false;
      return true;
    }
    if (this.error !== null) return false;
    try {
      const chunk = await this.#bytes.read();
      if (chunk === null) this.framer.end();
      else this.framer.push(chunk);
      return chunk !== null;
    } catch (error) {
      if (!(error instanceof BytesError)) throw error;
      this.#bytesError = error.at(this.origin.path, this.framer.offset, this.frame.number + 1);
      return false;
    }
  }

  next(): boolean {
    return this.framer.next();
  }

  lend(span: RecordSpan): boolean {
    return this.framer.lend(span);
  }

  skip(records: number, position: number): void {
    this.framer.skip(records, position);
  }

  get error(): CaptureError | null {
    return this.#bytesError ?? this.framer.error;
  }

  get bytesRead(): number {
    return this.#bytes.bytesRead;
  }

  get size(): number | null {
    return this.#bytes.size;
  }

  close(): Promise<void> {
    return this.opened.close();
  }
}
