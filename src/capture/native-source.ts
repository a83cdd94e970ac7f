import { type ByteSource, BytesError } from './bytes.js';
import type { CaptureError } from './error.js';
import type { Frame } from './frame.js';
import { PcapFramer } from './pcap-framer.js';
import type { PcapHeader } from './pcap-header.js';
import type { CaptureInfo, PacketSource } from './source.js';

/** The project's own reader: pcap of every variant, at the speed of reading. */
export class NativeSource implements PacketSource {
  readonly frame: Frame;
  readonly #framer: PcapFramer;
  #bytesError: CaptureError | null = null;

  /** @param bytes those that follow the global header; the source closes them */
  constructor(
    readonly info: CaptureInfo,
    header: PcapHeader,
    private readonly bytes: ByteSource,
  ) {
    this.#framer = new PcapFramer(header, info.path);
    this.frame = this.#framer.frame;
  }

  async advance(): Promise<boolean> {
    if (this.error !== null) return false;
    try {
      const chunk = await this.bytes.read();
      if (chunk === null) this.#framer.end();
      else this.#framer.push(chunk);
      return chunk !== null;
    } catch (error) {
      if (!(error instanceof BytesError)) throw error;
      this.#bytesError = error.at(this.info.path, this.#framer.offset, this.frame.number + 1);
      return false;
    }
  }

  next(): boolean {
    return this.#framer.next();
  }

  get error(): CaptureError | null {
    return this.#bytesError ?? this.#framer.error;
  }

  get bytesRead(): number {
    return this.bytes.bytesRead;
  }

  get size(): number | null {
    return this.bytes.size;
  }

  close(): Promise<void> {
    return this.bytes.close();
  }
}
