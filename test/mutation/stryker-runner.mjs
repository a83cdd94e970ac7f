import { mkdir, readdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import { pathToFileURL } from 'node:url';
import { INSTRUMENTER_CONSTANTS } from '@stryker-mutator/api/core';
import { declareClassPlugin, PluginKind, tokens } from '@stryker-mutator/api/plugin';
import {
  DryRunStatus,
  determineHitLimitReached,
  TestStatus,
  toMutantRunResult,
} from '@stryker-mutator/api/test-runner';
import { build } from 'esbuild';

/*
 * Stryker's runner for vitest loads all modules anew for each mutant, which takes ten times as long as the tests. This one
 * loads them once: instrumented code looks up at run time which mutant is active. What is computed when a module is loaded
 * needs a new process (capabilities), as does an endless loop, both of which Stryker sees to.
 */
const FOLDER = 'test';
/** Tables of wire events and what users see of them. */
const TESTS = /^(connection\/((cases|postmortem|tracker)\/.*|state-machine|sequence)|compared\/compared)\.test\.ts$/;
const OUT = '.mutation-tests';

function stryker() {
  globalThis[INSTRUMENTER_CONSTANTS.NAMESPACE] ??= {};
  return globalThis[INSTRUMENTER_CONSTANTS.NAMESPACE];
}

class InProcessRunner {
  static inject = tokens();
  #namespace = stryker();
  #out = '';
  #files = [];
  #tests = [];

  capabilities() {
    return { reloadEnvironment: false };
  }

  async init() {
    process.on('unhandledRejection', () => {});
    const all = await readdir(FOLDER, { recursive: true });
    const files = all
      .filter((name) => TESTS.test(name))
      .map((name) => join(FOLDER, name))
      .sort();
    // As deep as a module of src/: what it reads by its own address is where that expects it.
    const out = resolve(`${OUT}-${process.pid}`);
    await mkdir(out, { recursive: true });
    const vitest = resolve('test/mutation/vitest-in-process.mjs');
    await build({
      entryPoints: [...files, vitest],
      absWorkingDir: process.cwd(),
      outdir: out,
      outExtension: { '.js': '.mjs' },
      outbase: '.',
      bundle: true,
      splitting: true,
      format: 'esm',
      platform: 'node',
      packages: 'external',
      alias: { vitest },
      logLevel: 'error',
    });
    this.#out = out;
    this.#files = files;
  }
  async #load() {
    if (this.#tests.length > 0) return;
    const load = (file) => import(pathToFileURL(resolve(this.#out, file.replace(/\.(ts|mjs)$/, '.mjs'))).href);
    const { beginFile, tests } = await load('test/mutation/vitest-in-process.mjs');
    for (const file of this.#files) {
      beginFile(file);
      await load(file);
    }
    this.#tests = tests;
  }

  async dryRun() {
    await this.#load();
    const tests = [];
    for (const test of this.#tests) tests.push(await this.#run(test));
    return { status: DryRunStatus.Complete, tests, mutantCoverage: this.#namespace.mutantCoverage };
  }

  async mutantRun({ activeMutant, testFilter, hitLimit, mutantActivation, disableBail }) {
    this.#namespace.hitCount = hitLimit === undefined ? undefined : 0;
    this.#namespace.hitLimit = hitLimit;
    this.#namespace.mutantCoverage = undefined;
    if (mutantActivation === 'static') this.#namespace.activeMutant = activeMutant.id;
    await this.#load();
    this.#namespace.activeMutant = activeMutant.id;
    const chosen = testFilter === undefined ? null : new Set(testFilter);
    const results = [];
    for (const test of [...this.#tests]) {
      if (chosen !== null && !chosen.has(test.id)) continue;
      const result = await this.#run(test);
      results.push(result);
      if (result.status !== TestStatus.Failed) continue;
      // What told this mutant will often tell its neighbours.
      this.#tests.splice(this.#tests.indexOf(test), 1);
      this.#tests.unshift(test);
      if (!disableBail) break;
    }
    const limit = determineHitLimitReached(this.#namespace.hitCount, hitLimit);
    return toMutantRunResult(limit ?? { status: DryRunStatus.Complete, tests: results });
  }

  async #run({ id, name, run }) {
    this.#namespace.currentTestId = id;
    const start = performance.now();
    const result = { id, name };
    try {
      await run();
      return { ...result, status: TestStatus.Success, timeSpentMs: performance.now() - start };
    } catch (error) {
      const timeSpentMs = performance.now() - start;
      return { ...result, status: TestStatus.Failed, timeSpentMs, failureMessage: String(error?.message ?? error) };
    } finally {
      this.#namespace.currentTestId = undefined;
    }
  }

  async dispose() {
    await rm(this.#out, { recursive: true, force: true });
  }
}

export const strykerPlugins = [declareClassPlugin(PluginKind.TestRunner, 'in-process', InProcessRunner)];
