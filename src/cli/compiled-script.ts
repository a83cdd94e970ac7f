import { readFileSync, writeFileSync } from 'node:fs';
import Module, { createRequire } from 'node:module';
import { Script } from 'node:vm';

/**
 * A CommonJS module in a file, and beside it what the engine has compiled of it at an earlier run: to compile all of the command
 * took a third of the time that the analysis of a small capture takes. What another version of the engine has compiled is passed
 * over.
 */
export class CompiledScript {
  readonly #path: string;
  readonly #script: Script;

  constructor(path: string) {
    this.#path = path;
    const cachedData = readIfThere(compiledOf(path));
    const source = Module.wrap(readFileSync(path, 'utf8'));
    this.#script = new Script(source, { filename: path, ...(cachedData !== null && { cachedData }) });
  }

  /** Whether what was compiled before is used. */
  get wasCompiled(): boolean {
    return this.#script.cachedDataRejected === false;
  }

  /** Runs the module. @returns what it exports */
  run(): unknown {
    const module = { exports: {} };
    this.#script.runInThisContext()(module.exports, createRequire(this.#path), module, this.#path);
    return module.exports;
  }

  /** Writes what was compiled so far, which is what has run. */
  keep(): void {
    writeFileSync(compiledOf(this.#path), this.#script.createCachedData());
  }
}

/** Where what was compiled of a script stands. */
export function compiledOf(path: string): string {
  return `${path}.compiled`;
}

function readIfThere(path: string): Buffer | null {
  try {
    return readFileSync(path);
  } catch {
    return null;
  }
}
