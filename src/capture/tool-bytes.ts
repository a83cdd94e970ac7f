import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { type ByteSource, BytesError } from './bytes.js';

/** A program of the system that unpacks its standard input to its standard output. */
export interface Tool {
  readonly program: string;
  readonly parameters: readonly string[];
}

const LONGEST_REMARK = 200;

/**
 * Bytes that a program of the system unpacks. It is fed as fast as it takes them, and ended with the source.
 * A program that is missing makes a BytesError `missing-tool`; one that fails, behind all that it unpacked, a BytesError
 * `damaged-compression` with the first line of its complaint.
 */
export class ToolBytes implements ByteSource {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #output: AsyncIterator<Uint8Array>;
  /** Settles when the program has ended and its output was read, or when it could not be started. */
  readonly #ended: Promise<Ending>;
  readonly #fed: Promise<void>;
  #remark = '';
  /** Why the stored bytes could not be read on. */
  #storedError: unknown = null;

  constructor(
    private readonly stored: ByteSource,
    private readonly tool: Tool,
  ) {
    this.#child = spawn(tool.program, tool.parameters, { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#output = this.#child.stdout[Symbol.asyncIterator]();
    this.#ended = endingOf(this.#child);
    this.#child.stderr.on('data', (text: Buffer) => {
      if (this.#remark.length < LONGEST_REMARK) this.#remark += text.toString('utf8');
    });
    // It stops reading where it fails: its ending tells why.
    this.#child.stdin.on('error', () => {});
    this.#fed = this.#feed();
  }

  async read(): Promise<Uint8Array | null> {
    const { value, done } = await this.#output.next();
    if (!done) return value;
    const ending = await this.#ended;
    if (this.#storedError !== null) throw this.#storedError;
    if (ending.startError !== null) throw this.#cannotStart(ending.startError);
    if (ending.status !== 0) throw this.#failed(ending);
    return null;
  }

  get bytesRead(): number {
    return this.stored.bytesRead;
  }

  get size(): number | null {
    return this.stored.size;
  }

  async close(): Promise<void> {
    this.#child.kill('SIGKILL');
    this.#child.stdout.destroy();
    await this.#ended;
    // Feeding may wait for bytes that will never come.
    await this.stored.close();
    await this.#fed;
  }

  async #feed(): Promise<void> {
    const { stdin } = this.#child;
    try {
      for (let chunk = await this.stored.read(); chunk !== null && stdin.writable; chunk = await this.stored.read()) {
        // What is lent may be overwritten before it is written.
        if (!stdin.write(Uint8Array.from(chunk))) await Promise.race([once(stdin, 'drain'), this.#ended]);
      }
    } catch (error) {
      if (stdin.writable) this.#storedError = error;
    }
    stdin.end();
  }

  #cannotStart(cause: Error): BytesError {
    const { program } = this.tool;
    const found = 'code' in cause && cause.code === 'ENOENT' ? 'none on the PATH: install it' : cause.message;
    return new BytesError('missing-tool', `the program ${program}, which unpacks this file`, found, { cause });
  }

  #failed({ status, signal }: Ending): BytesError {
    const { program } = this.tool;
    const [remark] = this.#remark.trim().split('\n');
    const found = remark.slice(0, LONGEST_REMARK) || `${program} ended by ${signal ?? `status ${status}`}`;
    return new BytesError('damaged-compression', `what ${program} can unpack`, found);
  }
}

interface Ending {
  readonly status: number | null;
  readonly signal: string | null;
  /** Why the program could not be started. */
  readonly startError: Error | null;
}

function endingOf(child: ChildProcessByStdio<Writable, Readable, Readable>): Promise<Ending> {
  return new Promise((resolve) => {
    child.once('error', (startError) => resolve({ status: null, signal: null, startError }));
    child.once('exit', (status, signal) => resolve({ status, signal, startError: null }));
  });
}
