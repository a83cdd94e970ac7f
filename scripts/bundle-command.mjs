// Makes one script of the command, and of each of its threads: to load three hundred modules took longer than to analyse a
// small capture. Run by `npm run build`, when all modules stand in dist/, where the library's users find them.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { build } from 'esbuild';
import { compiledOf } from '../dist/cli/compiled-script.js';

const root = join(import.meta.dirname, '..');
const [src, dist] = [join(root, 'src'), join(root, 'dist')];
/** Parts that are loaded only where they are needed have a hash in their names. */
const PART = /-[0-9A-Z]{8}\.js$/;

const THREADS = ['threads/reading-thread', 'threads/printing-thread', 'audit/work/worker'];

for (const folder of new Set(THREADS.map((entry) => join(dist, dirname(entry)))))
  for (const name of readdirSync(folder)) if (PART.test(name)) rmSync(join(folder, name));

for (const entry of THREADS)
  await bundle(entry, 'import.meta.url', { format: 'esm', splitting: true, packages: 'external' });

const command = join(dist, 'cli/command.cjs');
rmSync(compiledOf(command), { force: true });
await bundle('cli/command', 'require("node:url").pathToFileURL(__filename)', {
  format: 'cjs',
  outExtension: { '.js': '.cjs' },
  // Those that most runs do without, or that may not be installed.
  external: ['@duckdb/node-api', 'ajv', 'cli-progress', 'pcap-parser', 'yaml'],
  supported: { 'dynamic-import': false },
  minifyWhitespace: true,
  minifySyntax: true,
});
execFileSync(process.execPath, [join(root, 'scripts/compile-command.mjs'), command]);

/**
 * @param {string} entry
 * @param {string} place an expression for the URL of what is made
 * @param {import('esbuild').BuildOptions} options
 */
async function bundle(entry, place, options) {
  const outdir = join(dist, dirname(entry));
  await build({
    entryPoints: [join(src, `${entry}.ts`)],
    outdir,
    bundle: true,
    platform: 'node',
    target: 'node20',
    plugins: [{ name: 'own-places', setup: keepPlaces(outdir, place) }],
    logLevel: 'warning',
    ...options,
  });
}

/**
 * Each module finds files beside itself as if it stood alone.
 *
 * @param {string} outdir
 * @param {string} place
 * @returns {import('esbuild').Plugin['setup']}
 */
function keepPlaces(outdir, place) {
  return ({ onLoad }) => {
    onLoad({ filter: /\.ts$/ }, ({ path }) => {
      const own = relative(outdir, join(dist, relative(src, path)));
      const contents = readFileSync(path, 'utf8').replaceAll(
        'import.meta.url',
        `new URL(${JSON.stringify(own)}, ${place}).href`,
      );
      return { contents, loader: 'ts' };
    });
  };
}
