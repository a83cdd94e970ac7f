import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { CACHE, captureOf } from './generator/cache.mjs';
import { sizeOf } from './measure/capture-size.mjs';
import { growthLine } from './measure/growth.mjs';
import { median } from './measure/median.mjs';
import { isInstalled, run } from './measure/process.mjs';
import { alignedTable, markdownTable } from './measure/table.mjs';
import { PEERS } from './peers.mjs';
import { WORKLOAD_NAMES, workloadNamed } from './workloads.mjs';

const USAGE = `node bench/run.mjs [WORKLOAD...|all] [options]

Measures lastack and its peers on the same captures, in turn. Without a name: short-flows.

  --runs N          how often each command runs (5)
  --budget SECONDS  a command that has taken this long in all is not run again (300)
  --peers LIST      names, by commas; none for lastack alone (all that are installed)
  --command LINE    how to run lastack, the capture's path apart
  --one-thread      also lastack on one thread, where it takes two by default
  --timeline        also timeline --format ndjson: on one thread, as by default, and that to a file
  --scale N         size of the captures, 1 for the whole (1)
  --cache FOLDER    where captures are kept
  --markdown        tables in Markdown

Workloads: ${WORKLOAD_NAMES.join(', ')}
`;
const LASTACK = 'lastack';
const MAIN = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const UNKNOWN = '–';
const HEAD = [
  'command',
  'runs',
  'seconds',
  'CPU s',
  'Mpackets/s',
  'GB/s',
  'peak MB',
  'bytes/live flow',
  'time/tcpdump',
  'time/lastack',
];
/** What memory is compared with: flows that come and go, and hardly any at a time. */
const BASELINE = 'few-alive';
/** With fewer, what flows take is lost in what the memory of two runs differs by. */
const LEAST_LIVE = 10_000;

/** @typedef {import('./measure/process.mjs').Run} Run */
/** @typedef {import('./measure/growth.mjs').Cost} Cost */
/** @typedef {import('./peers.mjs').Peer} Peer */

/**
 * Medians of what a command took.
 * @typedef {object} Figures
 * @property {number} runs
 * @property {number} wall seconds
 * @property {number | null} cpu seconds
 * @property {number | null} memory bytes at the peak
 * @property {number | null} perFlow bytes for each live flow
 */

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: 'string', default: '5' },
    budget: { type: 'string', default: '300' },
    peers: { type: 'string' },
    command: { type: 'string' },
    'one-thread': { type: 'boolean', default: false },
    timeline: { type: 'boolean', default: false },
    scale: { type: 'string', default: '1' },
    cache: { type: 'string', default: CACHE },
    markdown: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
/** Peak memory on the baseline, by command line. @type {Map<string, number | null>} */
const baselines = new Map();

if (values.help) process.stdout.write(USAGE);
else process.stdout.write(growthLine(chosenWorkloads().map(measure)));

function chosenWorkloads() {
  if (positionals.length === 0) return ['short-flows'];
  return positionals.includes('all') ? WORKLOAD_NAMES : positionals;
}

/**
 * @param {string} name
 * @returns {Cost}
 */
function measure(name) {
  const workload = workloadNamed(name, Number(values.scale));
  const { path, live } = captureOf(workload, values.cache);
  const size = sizeOf(path);
  const timelines = values.timeline ? [timeline(['--threads', '1']), timeline([]), timelineToFile()] : [];
  const alone = values['one-thread'] ? [lastack(workload.alive, ['--threads', '1'])] : [];
  const peers = [lastack(workload.alive), ...alone, ...timelines, ...chosenPeers()];
  const results = figuresOf(peers, runInTurn(peers, path), live);
  const table = values.markdown ? markdownTable : alignedTable;
  const scale = values.scale === '1' ? '' : `, at ${values.scale} of it`;
  const bytes = (size.bytes / 1e6).toFixed(0);
  process.stdout.write(`${values.markdown ? '### ' : ''}${name}: ${workload.about}${scale}\n\n`);
  process.stdout.write(`${count(size.frames)} records, ${bytes} MB, ${count(live)} flows live at most; medians\n\n`);
  process.stdout.write(`${table(HEAD, rowsOf(results, size))}\n`);
  return { workload: name, alive: workload.alive, frames: size.frames, results };
}

/** @param {number} number */
function count(number) {
  return number.toLocaleString('en');
}

/**
 * @param {number} alive flows that are open at a time: where they are more than lastack follows unless told, it is told
 * @param {readonly string[]} options
 * @returns {Peer}
 */
function lastack(alive, options = []) {
  const analyze = [process.execPath, MAIN, 'analyze', ...(alive > 250_000 ? ['--max-flows', `${2 * alive}`] : [])];
  const command = [...(values.command?.split(' ') ?? analyze), ...options];
  return { name: [LASTACK, ...options].join(' '), command: (capture) => [...command, capture] };
}

/**
 * @param {readonly string[]} options
 * @returns {Peer}
 */
function timeline(options) {
  const command = [process.execPath, MAIN, 'timeline', '--format', 'ndjson', '-o', '/dev/null', ...options];
  return { name: ['timeline', ...options].join(' '), command: (capture) => [...command, capture] };
}

/** @returns {Peer} */
function timelineToFile() {
  const command = [process.execPath, MAIN, 'timeline', '--format', 'ndjson', '-o'];
  return { name: 'timeline to a file', command: (capture, folder) => [...command, join(folder, 'flows'), capture] };
}

/** @returns {readonly Peer[]} */
function chosenPeers() {
  if (values.peers === undefined) return PEERS.filter((peer) => isInstalled(peer.name));
  const names = values.peers.split(',');
  return PEERS.filter((peer) => names.includes(peer.name));
}

/**
 * A B A B rather than A A B B: whatever else the machine does meets everyone.
 * @param {readonly Peer[]} peers
 * @param {string} capture
 * @returns {Map<string, Run[]>}
 */
function runInTurn(peers, capture) {
  /** @type {Map<string, Run[]>} */
  const results = new Map(peers.map((peer) => [peer.name, []]));
  for (let round = 0; round < Number(values.runs); round++) {
    for (const { name, command } of peers) {
      const runs = results.get(name) ?? [];
      const spent = runs.reduce((sum, { wall }) => sum + wall, 0);
      if (spent < Number(values.budget)) runs.push(run((folder) => command(capture, folder)));
    }
  }
  return results;
}

/**
 * @param {readonly Peer[]} peers
 * @param {ReadonlyMap<string, readonly Run[]>} results
 * @param {number} live flows, at most
 * @returns {Map<string, Figures>}
 */
function figuresOf(peers, results, live) {
  return new Map(
    peers.map((peer) => {
      const runs = results.get(peer.name) ?? [];
      const memory = middle(runs.map((run) => run.memory));
      const baseline = memory === null || live < LEAST_LIVE ? null : baselineOf(peer);
      return [
        peer.name,
        {
          runs: runs.length,
          wall: median(runs.map(({ wall }) => wall)),
          cpu: middle(runs.map(({ cpu }) => cpu)),
          memory,
          perFlow: memory === null || baseline === null ? null : (memory - baseline) / live,
        },
      ];
    }),
  );
}

/** @param {Peer} peer */
function baselineOf(peer) {
  const { path } = captureOf(workloadNamed(BASELINE, 1), values.cache);
  const line = peer.command(path, '').join(' ');
  const known = baselines.get(line);
  if (known !== undefined) return known;
  const runs = runInTurn([peer], path).get(peer.name) ?? [];
  const memory = middle(runs.map((run) => run.memory));
  baselines.set(line, memory);
  return memory;
}

/**
 * @param {ReadonlyMap<string, Figures>} results
 * @param {{ frames: number, bytes: number }} size
 */
function rowsOf(results, size) {
  const ratio = (/** @type {number} */ wall, /** @type {string} */ to) => {
    const base = results.get(to);
    return base === undefined ? UNKNOWN : (wall / base.wall).toFixed(2);
  };
  return [...results].map(([name, { runs, wall, cpu, memory, perFlow }]) => [
    name,
    String(runs),
    wall.toFixed(2),
    rounded(cpu, 2),
    (size.frames / wall / 1e6).toFixed(2),
    (size.bytes / wall / 1e9).toFixed(2),
    rounded(memory && memory / 1e6, 0),
    rounded(perFlow, 0),
    ratio(wall, 'tcpdump'),
    ratio(wall, LASTACK),
  ]);
}

/**
 * The median of what is known.
 * @param {readonly (number | null)[]} figures
 */
function middle(figures) {
  const known = figures.filter((figure) => figure !== null);
  return known.length === 0 ? null : median(known);
}

/**
 * @param {number | null} figure
 * @param {number} digits behind the point
 */
function rounded(figure, digits) {
  return figure === null ? UNKNOWN : figure.toFixed(digits);
}
