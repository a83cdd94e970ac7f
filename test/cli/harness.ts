import { Writable } from 'node:stream';
import type { Context } from '../../src/cli/context.js';
import type { Library } from '../../src/cli/library.js';
import { run } from '../../src/cli/program.js';
import type { CaptureSummary } from '../../src/findings/analysis.js';
import type { Flow } from '../../src/findings/finding.js';
import type { Options } from '../../src/index.js';
import * as lastack from '../../src/index.js';
import { flowPrinter } from '../../src/report/flow-printers.js';
import { PrintedFlows } from '../../src/report/printed-flows.js';
import { StateCounter } from '../../src/report/states.js';
import { ANALYSIS, CAPTURE } from '../support/analysis.js';
import { CATALOGUE } from '../support/catalogue.js';

/** A stream that keeps what was written to it. */
export class Sink extends Writable {
  text = '';
  isTTY = false;
  columns = 80;

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

export interface Fake {
  readonly flows?: readonly Flow[];
  readonly captures?: readonly CaptureSummary[];
  readonly fail?: unknown;
  readonly stdout?: Writable;
  readonly env?: Readonly<Record<string, string>>;
  readonly tty?: boolean;
  readonly signal?: AbortSignal;
  /** Runs against the library itself. */
  readonly real?: boolean;
}

export interface Result {
  readonly status: number;
  readonly out: string;
  readonly err: string;
  /** What the library was called with. */
  readonly options: Options;
}

/** Runs one command line against a library that gives what `fake` says. */
export async function cli(args: readonly string[], fake: Fake = {}): Promise<Result> {
  const captures = fake.captures ?? [CAPTURE];
  let options: Options = {};
  const library: Library = {
    ...lastack,
    CATALOGUE,
    DEFAULT_THRESHOLDS: { closeWait: 1, slowHandshake: 1 } as Library['DEFAULT_THRESHOLDS'],
    flows: (_paths, given = {}) => {
      options = given;
      return {
        captures,
        async *[Symbol.asyncIterator]() {
          if (fake.fail !== undefined) throw fake.fail;
          yield* fake.flows ?? [];
        },
      };
    },
    flowText: (paths, format, given = {}) => {
      const printer = flowPrinter(format, '1.2.3');
      return new PrintedFlows(library.flows(paths, { ...given, detail: printer.detail }), printer);
    },
    compare: () => {
      throw new Error('not part of this fake');
    },
    socketsAtEnd: async (_paths, { side, by, ...given } = {}) => {
      options = given;
      if (fake.fail !== undefined) throw fake.fail;
      const counter = new StateCounter({ ...(side && { side }), ...(by && { by }) });
      for (const flow of fake.flows ?? []) counter.add(flow);
      return { rows: counter.rows(), captures };
    },
    analyze: async (_paths, given = {}) => {
      options = given;
      if (fake.fail !== undefined) throw fake.fail;
      return { ...ANALYSIS, captures };
    },
  };
  const out = new Sink();
  const err = new Sink();
  out.isTTY = fake.tty ?? false;
  const context: Context = {
    library: fake.real ? lastack : library,
    version: '1.2.3',
    stdout: fake.stdout ?? out,
    stderr: err,
    env: fake.env ?? {},
    signal: fake.signal ?? new AbortController().signal,
  };
  const status = await run(args, context);
  return { status, out: out.text, err: err.text, options };
}
