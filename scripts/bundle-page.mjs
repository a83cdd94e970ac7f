// Makes of src/report/html/page one script and one style sheet, beside the module that puts them into each report.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

const root = join(import.meta.dirname, '..');
const page = join(root, 'src/report/html/page');
const licence = readFileSync(join(root, 'node_modules/uplot/LICENSE'), 'utf8').trim();

await build({
  entryPoints: [join(page, 'main.ts'), join(page, 'page.css')],
  outdir: join(root, 'dist/report/html/page'),
  bundle: true,
  minify: true,
  format: 'iife',
  target: ['chrome109', 'firefox115', 'safari16.4'],
  legalComments: 'none',
  banner: { js: `/* Contains uPlot 1.6 (https://github.com/leeoniya/uPlot):\n${licence}\n*/` },
  logLevel: 'warning',
});
