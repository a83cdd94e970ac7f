import type { CaptureSummary } from '../findings/analysis.js';
import type { Printer } from './flow-printers.js';

/** Text in pieces; complete when the iteration is done. */
export interface FlowText extends AsyncIterable<string> {
  /** Connections so far. */
  readonly count: number;
  readonly captures: readonly CaptureSummary[];
  /** In place of the iteration: the same, in UTF-8 where that is how it was made. Such a piece is overwritten later. */
  pieces(): AsyncIterable<string | Uint8Array>;
}

/** Connections printed one after the other, as they end. */
export class PrintedFlows<T> implements FlowText {
  count = 0;

  constructor(
    readonly stream: AsyncIterable<T> & { readonly captures: readonly CaptureSummary[] },
    readonly printer: Printer<T>,
  ) {}

  get captures(): readonly CaptureSummary[] {
    return this.stream.captures;
  }

  pieces(): AsyncIterable<string> {
    return this;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<string> {
    const { printer } = this;
    for await (const flow of this.stream) {
      yield (this.count++ === 0 ? printer.begin(flow) : printer.separator) + printer.one(flow);
    }
    yield printer.end(this.count);
  }
}
