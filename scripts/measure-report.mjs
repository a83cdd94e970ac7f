// What a report on many connections costs: time and size to make, time to its first view, and how steadily it scrolls.
//   node scripts/measure-report.mjs [flows]
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { generate } from '../bench/generator/generate.mjs';

const root = join(import.meta.dirname, '..');
const flows = Number(process.argv[2] ?? 200_000);
const folder = mkdtempSync(join(tmpdir(), 'lastack-report-'));
const SECOND = 1_000_000;
const RUNS = 5;

try {
  const capture = join(folder, 'many.pcap');
  const workload = {
    name: 'report',
    about: 'connections for a report',
    flows,
    alive: 20_000,
    clients: 10_007,
    servers: 64,
    segments: 12,
    ramp: 7 * SECOND,
    think: 2 * SECOND,
    snapLength: 96,
    ipVersion: 4,
    synOnly: false,
    lossy: process.argv.includes('--lossy'),
  };
  const { frames } = generate(workload, capture);
  const page = join(folder, 'many.html');
  const { stderr } = spawnSync(
    '/usr/bin/time',
    ['-f', '%U %M', process.execPath, join(root, 'dist/cli/main.js'), 'report', capture, '-o', page],
    { encoding: 'utf8' },
  );
  print('frames', frames);
  print('capture, MB', megabytes(statSync(capture).size));
  const [seconds, kilobytes] = (stderr.trim().split('\n').at(-1) ?? '').split(' ').map(Number);
  print('made with, s of processor time', seconds.toFixed(1));
  print('peak memory, MB', Math.round(kilobytes / 1024));
  print('page, MB', megabytes(statSync(page).size));
  await look(page);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function look(path) {
  const executablePath = execFileSync('which', ['chromium'], { encoding: 'utf8' }).trim();
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  try {
    for (const view of ['overview', 'connections']) {
      const times = [];
      for (let run = 0; run < RUNS; run++) times.push(await firstView(browser, path, view));
      times.sort((a, b) => a - b);
      print(`first view of ${view}, s, median of ${RUNS}`, times[RUNS >> 1].toFixed(2));
    }
    const tab = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    await tab.goto(`file://${path}#connections`);
    await tab.waitForSelector('html[data-ready]', { state: 'attached' });
    await scroll(tab);
  } finally {
    await browser.close();
  }
}

/** Seconds from the navigation until the view was painted. */
async function firstView(browser, path, view) {
  const tab = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  const began = performance.now();
  await tab.goto(`file://${path}#${view}`, { waitUntil: 'commit' });
  await tab.waitForSelector('html[data-ready]', { state: 'attached' });
  await tab.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  const seconds = (performance.now() - began) / 1e3;
  await tab.close();
  return seconds;
}

/** Scrolls by a third of a screen per frame, then leaps about, and looks at how long frames take. */
async function scroll(tab) {
  const times = await tab.evaluate(async () => {
    const table = document.querySelector('.flow-table');
    const frame = () => new Promise((done) => requestAnimationFrame(done));
    const deltas = [];
    let last = await frame();
    for (let i = 0; i < 240; i++) {
      table.scrollTop = i < 120 ? table.scrollTop + 200 : (table.scrollHeight * ((i * 37) % 120)) / 120;
      const now = await frame();
      deltas.push(now - last);
      last = now;
    }
    return deltas;
  });
  times.sort((a, b) => a - b);
  print('frame while scrolling, ms, median', times[times.length >> 1].toFixed(1));
  print('frame while scrolling, ms, 99 of 100', times[Math.floor(times.length * 0.99)].toFixed(1));
  const sort = await tab.evaluate(async () => {
    const began = performance.now();
    document.querySelector('.head .duration button').click();
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    return performance.now() - began;
  });
  print('sort by duration, ms', Math.round(sort));
}

function print(name, value) {
  process.stdout.write(`${name.padEnd(40)} ${value}\n`);
}

function megabytes(bytes) {
  return (bytes / 1e6).toFixed(1);
}
