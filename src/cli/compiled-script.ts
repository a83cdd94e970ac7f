import { closeSync, fstatSync, openSync, readFileSync, readSync, writeFileSync } from 'node:fs';
import Module, { createRequire } from 'node:module';
import { basename } from 'node:path';
import { Script } from 'node:vm';
import { requireLazily } from './lazy-modules.js';

/** What the engine makes a module a function with. */
const [HEAD, TAIL] = Module.wrap('|').split('|');
/** Bytes that are compared at once. */
const PART = 0x10000;

/**
 * A CommonJS module in a file of ASCII, and beside it what the engine has compiled of it at an earlier run: to compile all of the command
 * took a third of the time that the analysis of a small capture takes. What is not of this source, this release of Node.js and
 * this kind of processor is passed over: the engine itself would take some of that, and fail. So what is compiled stands behind the
 * source itself, with which to compare this one takes less time than to hash it.
 *
 * What is read here is garbage that short runs never collect: so none of it is read or copied twice.
 *
 * @see https://github.com/nodejs/node/issues/62781
 */
export class CompiledScript {
  readonly #path: string;
  readonly #engine = engine();
  readonly #script: Script;

  constructor(path: string) {
    const text = wrapped(path);
    this.#path = path;
    const cachedData = compiledCode(path, this.#engine, text.subarray(HEAD.length, -TAIL.length));
    // Without its folder, which stands in what is compiled, too.
    const filename = basename(path);
    this.#script = new Script(text.toString('latin1'), { filename, ...(cachedData !== null && { cachedData }) });
  }

  /** Whether what was compiled before is used. */
  get wasCompiled(): boolean {
    return this.#script.cachedDataRejected === false;
  }

  /** Runs the module. @returns what it exports */
  run(): unknown {
    const module = { exports: {} };
    this.#script.runInThisContext()(module.exports, requireLazily(createRequire(this.#path)), module, this.#path);
    return module.exports;
  }

  /** Writes what was compiled so far, which is what has run. */
  keep(): void {
    const kept = [this.#engine, readFileSync(this.#path), this.#script.createCachedData()];
    writeFileSync(compiledOf(this.#path), Buffer.concat(kept));
  }
}

/** Where what was compiled of a script stands: behind what it was compiled for, and from. */
export function compiledOf(path: string): string {
  return `${path}.compiled`;
}

function engine(): Buffer {
  const { version, platform, arch } = process;
  return Buffer.from(`${version} ${platform} ${arch}\n`);
}

/** The source in a file, as a function. */
function wrapped(path: string): Buffer {
  const file = openSync(path, 'r');
  try {
    const text = Buffer.allocUnsafeSlow(HEAD.length + fstatSync(file).size + TAIL.length);
    text.write(HEAD, 0, 'latin1');
    readWhole(file, text.subarray(HEAD.length, -TAIL.length));
    text.write(TAIL, text.length - TAIL.length, 'latin1');
    return text;
  } finally {
    closeSync(file);
  }
}

/** @returns null where there is none of this source, for this engine */
function compiledCode(path: string, engine: Buffer, source: Buffer): Buffer | null {
  let file: number;
  try {
    file = openSync(compiledOf(path), 'r');
  } catch {
    return null;
  }
  try {
    const part = Buffer.allocUnsafeSlow(PART);
    for (const expected of [engine, source]) {
      for (let from = 0; from < expected.length; from += PART) {
        const found = part.subarray(0, Math.min(PART, expected.length - from));
        readWhole(file, found);
        if (!found.equals(expected.subarray(from, from + PART))) return null;
      }
    }
    const code = Buffer.allocUnsafeSlow(fstatSync(file).size - engine.length - source.length);
    readWhole(file, code);
    return code;
  } catch {
    return null;
  } finally {
    closeSync(file);
  }
}

/** @throws where the file is shorter */
function readWhole(file: number, to: Buffer): void {
  for (let length = 0; length < to.length; ) {
    const count = readSync(file, to, length, to.length - length, null);
    if (count === 0) throw new RangeError('a file has become shorter');
    length += count;
  }
}
