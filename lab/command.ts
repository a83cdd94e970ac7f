import { type ChildProcessWithoutNullStreams, execFile, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

const MOST_OUTPUT = 1 << 28;

/** Runs a program to its end and gives its standard output. Rejects with the program's own words when it fails. */
export function run(file: string, args: readonly string[], input = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(file, [...args], { maxBuffer: MOST_OUTPUT }, (error, stdout, stderr) => {
      if (error) reject(new Error(`${[file, ...args].join(' ')}: ${stderr.trim() || error.message}`));
      else resolve(stdout);
    });
    child.stdin?.on('error', () => {}); // a program that never reads its input says why itself
    child.stdin?.end(input);
  });
}

/** A program that goes on running beside the lab and speaks in lines. */
export class Companion {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #ended: Promise<void>;
  #complaints = '';

  /** `onLine` is told every line of standard output; where it throws, the program is ended. */
  constructor(file: string, args: readonly string[], onLine: (line: string) => void, signal: AbortSignal) {
    this.#child = spawn(file, args, { signal });
    this.#child.stdin.on('error', () => {}); // it ended; `ended` tells
    this.#child.stderr.on('data', (text: Buffer) => {
      this.#complaints += text.toString();
    });
    createInterface(this.#child.stdout).on('line', (line) => {
      try {
        onLine(line);
      } catch (error) {
        this.#complaints += `${line}: ${String(error)}\n`;
        this.#child.kill();
      }
    });
    this.#ended = new Promise((resolve) => {
      this.#child.on('error', () => resolve()); // aborted, or never started
      this.#child.on('close', () => resolve());
    });
  }

  /** Resolves when the program has ended and its last line was told. */
  get ended(): Promise<void> {
    return this.#ended;
  }

  /** What it has written to standard error, and what was wrong with its lines. */
  get complaints(): string {
    return this.#complaints.trim();
  }

  tell(line: string): void {
    this.#child.stdin.write(`${line}\n`);
  }

  /** Waits until `ready` holds. Rejects when the program ends first, or after `patience` milliseconds. */
  async until(ready: () => boolean, patience = 10_000): Promise<void> {
    const deadline = performance.now() + patience;
    while (!ready()) {
      if (this.#child.exitCode !== null || this.#child.signalCode !== null || performance.now() > deadline) {
        throw new Error(`${this.#child.spawnargs.join(' ')}: ${this.complaints || 'not ready in time'}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  /** Ends the program as Ctrl-C would, and waits for it. */
  async stop(): Promise<void> {
    this.#child.kill('SIGINT');
    await this.#ended;
  }
}
