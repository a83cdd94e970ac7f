// Compiles src/fast-path/ to WebAssembly. Run by `npm run build`.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import asc from 'assemblyscript/asc';
import binaryen from 'binaryen';

const root = join(import.meta.dirname, '..');

/**
 * Functions up to this size, in Binaryen's nodes, become part of those that call them, and those with one caller whatever their
 * size. The engine inlines nothing: with the compiler's own bounds, the walk through a capture takes a fifth longer.
 */
const MOST_INLINED = 400;
const ANY_SIZE = 2 ** 31 - 1;

/** Those of WebAssembly that the compiler uses, and Node.js 20 has. */
const { BulkMemory, BulkMemoryOpt, MutableGlobals, NontrappingFPToInt, SIMD128, SignExt } = binaryen.Features;
const FEATURES =
  binaryen.Features.Atomics | BulkMemory | BulkMemoryOpt | MutableGlobals | NontrappingFPToInt | SIMD128 | SignExt;

for (const [config, outFile] of [
  ['asconfig.json', 'fast-path.wasm'],
  ['asconfig.ahead.json', 'decode-ahead.wasm'],
]) {
  const path = join('dist', outFile);
  const options = ['--config', join('src', 'fast-path', config), '--outFile', path, '--baseDir', root];
  const { error, stderr } = await asc.main(options);
  if (error !== null) throw new Error(stderr.toString(), { cause: error });
  inline(join(root, path));
}

/** @param {string} path */
function inline(path) {
  const module = binaryen.readBinaryWithFeatures(readFileSync(path), FEATURES);
  binaryen.setOptimizeLevel(3);
  binaryen.setShrinkLevel(0);
  binaryen.setAlwaysInlineMaxSize(MOST_INLINED);
  binaryen.setFlexibleInlineMaxSize(MOST_INLINED);
  binaryen.setOneCallerInlineMaxSize(ANY_SIZE);
  binaryen.setAllowInliningFunctionsWithLoops(true);
  binaryen.setLowMemoryUnused(true);
  module.optimize();
  if (!module.validate()) throw new Error(`${path} was not optimized soundly`);
  writeFileSync(path, module.emitBinary());
  module.dispose();
}
