import type { CaptureInterface } from '../capture/capture-interface.js';
import type { CaptureError } from '../capture/error.js';
import type { Frame } from '../capture/frame.js';
import type { NativeSource } from '../capture/native-source.js';
import type { RecordSpan } from '../capture/record-span.js';
import type { CaptureInfo, PacketSource } from '../capture/source.js';
import { BytesAhead } from './bytes-ahead.js';
import type { Framing } from './reading-job.js';

/**
 * A capture that is read on a thread beside this one, if its records are such as can be lent, from where that thread can begin: until
 * then, this one reads. What is read is the same.
 */
export class SourceAhead implements PacketSource {
  readonly #bytes: BytesAhead;
  #framing: Framing | null = null;
  #interfaces = 0;
  #hasBegun = false;

  /**
   * @param source reads a file; this one closes it
   * @param walked see FrameSink
   * @param waits for the thread, which takes a tenth of a second to start, behind the first piece of the capture
   */
  constructor(
    private readonly source: NativeSource,
    private readonly file: { readonly descriptor: number; readonly size: number },
    walked: WebAssembly.Memory | null,
    private readonly waits: boolean,
  ) {
    this.#bytes = new BytesAhead(file.size, walked);
  }

  async advance(): Promise<boolean> {
    const framing = this.#framing;
    if (framing !== null && !this.#hasBegun && (this.waits || this.#bytes.isReady)) {
      await this.#bytes.ready();
      this.#hasBegun = true;
      const offset = this.source.readOn(this.#bytes);
      this.#bytes.begin({ file: this.file.descriptor, offset, framing }, this.#interfaces);
    }
    return this.source.advance();
  }

  lend(span: RecordSpan): boolean {
    if (!this.source.lend(span)) return false;
    const { nanosecondsOfUnit, epochSeconds, typeAt, linkHeader, interfaces } = span;
    this.#framing ??= { nanosecondsOfUnit, epochSeconds, typeAt, linkHeader };
    if (this.#interfaces !== interfaces) this.#bytes.interfaces = this.#interfaces = interfaces;
    const isAsBegun =
      this.#framing.nanosecondsOfUnit === nanosecondsOfUnit &&
      this.#framing.epochSeconds === epochSeconds &&
      this.#framing.typeAt === typeAt;
    if (this.#hasBegun && isAsBegun) span.decoded = this.#bytes.decodedOf(span.bytes, interfaces);
    return true;
  }

  async close(): Promise<void> {
    await this.#bytes.close();
    await this.source.close();
  }

  get info(): CaptureInfo {
    return this.source.info;
  }

  get interfaces(): readonly CaptureInterface[] {
    return this.source.interfaces;
  }

  get frame(): Frame {
    return this.source.frame;
  }

  get error(): CaptureError | null {
    return this.source.error;
  }

  get bytesRead(): number {
    return this.source.bytesRead;
  }

  get size(): number | null {
    return this.source.size;
  }

  next(): boolean {
    return this.source.next();
  }

  readInto(memory: Uint8Array): void {
    this.source.readInto(memory);
  }

  skip(records: number, position: number): void {
    this.source.skip(records, position);
  }
}
