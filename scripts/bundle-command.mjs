// Makes one script of the command, and of each of its threads: to load three hundred modules took longer than to analyse a
// small capture. Run by `npm run build`, when all modules stand in dist/, where the library's users find them.
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { build } from 'esbuild';

const root = join(import.meta.dirname, '..');
const [src, dist] = [join(root, 'src'), join(root, 'dist')];
/** Parts that are loaded only where they are needed have a hash in their names. */
const PART = /-[0-9A-Z]{8}\.js$/;

const ENTRIES = ['cli/main', 'threads/reading-thread', 'threads/printing-thread', 'audit/work/worker'];

for (const folder of new Set(ENTRIES.map((entry) => join(dist, dirname(entry)))))
  for (const name of readdirSync(folder)) if (PART.test(name)) rmSync(join(folder, name));

for (const entry of ENTRIES) {
  const outdir = join(dist, dirname(entry));
  await build({
    entryPoints: [join(src, `${entry}.ts`)],
    outdir,
    bundle: true,
    splitting: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20',
    plugins: [{ name: 'own-places', setup: keepPlaces(outdir) }],
    logLevel: 'warning',
  });
}

/**
 * Each module finds files beside itself as if it stood alone.
 *
 * @param {string} outdir
 * @returns {import('esbuild').Plugin['setup']}
 */
function keepPlaces(outdir) {
  return ({ onLoad }) => {
    onLoad({ filter: /\.ts$/ }, ({ path }) => {
      const place = relative(outdir, join(dist, relative(src, path)));
      const contents = readFileSync(path, 'utf8').replaceAll(
        'import.meta.url',
        `new URL(${JSON.stringify(place)}, import.meta.url).href`,
      );
      return { contents, loader: 'ts' };
    });
  };
}
