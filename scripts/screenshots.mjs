// Pictures of the report for the documentation, from captures of the repository: `npm run screenshots`.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const root = join(import.meta.dirname, '..');
const images = join(root, 'docs/images');

const VIEWS = [
  { name: 'overview', command: ['report', 'captures/accept-queue-overflow.pcap'], hash: '#overview' },
  { name: 'connection', command: ['report', 'captures/rst-after-synack-retries.pcap'], hash: '#connection?flow=1' },
  {
    name: 'both-sides',
    command: ['compare', ...pair('last-ack-lost'), '--format', 'html'],
    hash: '#connection?flow=1',
  },
];
const WIDTHS = [1280, 390];
const MOST_HEIGHT = 1990;
const SCHEMES = ['light', 'dark'];

const folder = mkdtempSync(join(tmpdir(), 'lastack-screenshots-'));
const executablePath = execFileSync('which', ['chromium'], { encoding: 'utf8' }).trim();
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
try {
  for (const { name, command, hash } of VIEWS) {
    const report = join(folder, `${name}.html`);
    execFileSync(process.execPath, [join(root, 'dist/cli/main.js'), ...command, '-o', report], { cwd: root });
    for (const width of WIDTHS) {
      for (const colorScheme of SCHEMES) {
        const path = join(images, `report-${name}-${width}-${colorScheme}.png`);
        await picture(`file://${report}${hash}`, { width, colorScheme, path });
        process.stdout.write(`${path.slice(root.length + 1)} ${Math.round(statSync(path).size / 1e3)} kB\n`);
      }
    }
  }
} finally {
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
}

async function picture(url, { width, colorScheme, path }) {
  const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
  await page.goto(url);
  await page.waitForSelector('html[data-ready]', { state: 'attached' });
  await page.waitForSelector(url.includes('flow=') ? '.ladder' : '.uplot canvas');
  // To the end of a card: pictures in a document need not show all of a long page.
  const ends = await page.$$eval('.card', (cards) =>
    cards.map((card) => card.getBoundingClientRect().bottom + scrollY),
  );
  const height = Math.ceil((ends.findLast((end) => end <= MOST_HEIGHT) ?? MOST_HEIGHT) + 8);
  await page.screenshot({ path, fullPage: true, clip: { x: 0, y: 0, width, height } });
  await page.close();
}

function pair(name) {
  return ['client', 'server'].map((side) => `captures/pairs/${name}.${side}.pcap`);
}
