import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CompiledScript, compiledOf } from '../../src/cli/compiled-script.js';

const COMMAND = join(import.meta.dirname, '../../dist/cli/command.cjs');
const SOURCE = `'use strict';
const { basename } = require('node:path');
module.exports = { name: basename(__filename), twice: (n) => 2 * n };`;

describe('a compiled script', () => {
  let folder: string;
  let path: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lastack-'));
    path = join(folder, 'script.cjs');
    writeFileSync(path, SOURCE);
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  function expectToRun(script: CompiledScript): void {
    const exported = script.run() as { name: string; twice(n: number): number };
    expect([exported.name, exported.twice(21)]).toEqual(['script.cjs', 42]);
  }

  it('runs where nothing was compiled before', () => {
    const script = new CompiledScript(path);
    expect(script.wasCompiled).toBe(false);
    expectToRun(script);
  });

  it('uses what was kept', () => {
    const first = new CompiledScript(path);
    expectToRun(first);
    first.keep();
    const second = new CompiledScript(path);
    expect(second.wasCompiled).toBe(true);
    expectToRun(second);
  });

  it('passes over what was compiled of another source, as long as this one', () => {
    const other = SOURCE.replace('2 * n', '3 * n');
    writeFileSync(path, other);
    const first = new CompiledScript(path);
    first.run();
    first.keep();
    writeFileSync(path, SOURCE);
    const second = new CompiledScript(path);
    expect(second.wasCompiled).toBe(false);
    expectToRun(second);
  });

  it.each(['version', 'platform', 'arch'] as const)('passes over what was compiled for another %s', (name) => {
    const actual = process[name];
    const first = new CompiledScript(path);
    first.run();
    try {
      Object.defineProperty(process, name, { value: 'other' });
      first.keep();
      expect(new CompiledScript(path).wasCompiled).toBe(false);
      new CompiledScript(path).keep();
    } finally {
      Object.defineProperty(process, name, { value: actual });
    }
    expect(new CompiledScript(path).wasCompiled).toBe(false);
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['something else', Buffer.alloc(4096, 7)],
  ])('passes over what is not of this engine: %s', (_name, bytes) => {
    writeFileSync(compiledOf(path), bytes);
    const script = new CompiledScript(path);
    expect(script.wasCompiled).toBe(false);
    expectToRun(script);
  });

  it('is what the command is', () => {
    // In a process of its own: the engine of this one may have been started with other switches.
    const module = new URL('../../dist/cli/compiled-script.js', import.meta.url).href;
    const program = `const { CompiledScript } = await import(${JSON.stringify(module)});
      console.log(new CompiledScript(${JSON.stringify(COMMAND)}).wasCompiled);`;
    expect(execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' })).toBe('true\n');
  });
});
