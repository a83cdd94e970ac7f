import { readFileSync, writeFileSync } from 'node:fs';
import Module, { createRequire } from 'node:module';
import { basename } from 'node:path';
import { Script } from 'node:vm';
import { requireLazily } from './lazy-modules.js';

/**
 * A CommonJS module in a file of ASCII, and beside it what the engine has compiled of it at an earlier run: to compile all of the command
 * took a third of the time that the analysis of a small capture takes. What is not of this source, this release of Node.js and
 * this kind of processor is passed over: the engine itself would take some of that, and fail. So what is compiled stands behind the
 * source itself, with which to compare this one takes less time than to hash it.
 *
 * @see https://github.com/nodejs/node/issues/62781
 */
export class CompiledScript {
  readonly #path: string;
  readonly #mark: Buffer;
  readonly #script: Script;

  constructor(path: string) {
    const source = readFileSync(path);
    this.#path = path;
    this.#mark = markOf(source);
    const cachedData = compiledCode(path, this.#mark);
    // Without its folder, which stands in what is compiled, too.
    const filename = basename(path);
    this.#script = new Script(Module.wrap(source.toString('latin1')), {
      filename,
      ...(cachedData !== null && { cachedData }),
    });
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
    writeFileSync(compiledOf(this.#path), Buffer.concat([this.#mark, this.#script.createCachedData()]));
  }
}

/** Where what was compiled of a script stands: behind what it was compiled for, and from. */
export function compiledOf(path: string): string {
  return `${path}.compiled`;
}

function markOf(source: Buffer): Buffer {
  const { version, platform, arch } = process;
  return Buffer.concat([Buffer.from(`${version} ${platform} ${arch}\n`), source]);
}

function compiledCode(path: string, mark: Buffer): Buffer | null {
  try {
    const kept = readFileSync(compiledOf(path));
    return kept.subarray(0, mark.length).equals(mark) ? kept.subarray(mark.length) : null;
  } catch {
    return null;
  }
}
