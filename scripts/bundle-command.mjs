// Makes one script of the command, and of each of its threads: to load three hundred modules took longer than to analyse a
// small capture. Run by `npm run build`, when all modules stand in dist/, where the library's users find them.
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { build } from 'esbuild';
import { compiledOf } from '../dist/cli/compiled-script.js';

const root = join(import.meta.dirname, '..');
const [src, dist] = [join(root, 'src'), join(root, 'dist')];
const THREADS = ['threads/reading-thread', 'threads/printing-thread', 'audit/work/worker'];

/**
 * In one script, esbuild initializes late all that a dynamic import reaches, and makes variables of its constants, which the
 * engine cannot fold then. This one reaches the tracker: an analysis took a twelfth longer.
 */
const REACHES_FAR = './capture-work.js';

for (const entry of THREADS) await bundle(entry, 'import.meta.url', { format: 'esm', packages: 'external' });

const command = join(dist, 'cli/command.cjs');
rmSync(compiledOf(command), { force: true });
await bundle('cli/command', 'require("node:url").pathToFileURL(__filename)', {
  format: 'cjs',
  outExtension: { '.js': '.cjs' },
  banner: {
    js: '// With code of commander, fzstd and hyparquet-writer, which are installed with it: each under its MIT licence.',
  },
  // Those that most runs do without, or that may not be installed.
  external: ['@duckdb/node-api', 'ajv', 'cli-progress', 'pcap-parser', 'yaml'],
  supported: { 'dynamic-import': false },
  minifyWhitespace: true,
  minifySyntax: true,
  // An error that nobody caught shows the line.
  lineLimit: 160,
});
// One byte for each character: with two, the analysis of a small capture took a twentieth longer.
if (readFileSync(command).some((byte) => byte > 0x7f)) throw new Error(`${command} is not of ASCII alone`);
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

/** @param {string} source */
function withStaticImport(source) {
  const dynamic = `await import('${REACHES_FAR}')`;
  if (!source.includes(dynamic)) return source;
  return `import * as far from '${REACHES_FAR}';\n${source.replace(dynamic, 'far')}`;
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
      return { contents: withStaticImport(contents), loader: 'ts' };
    });
  };
}
