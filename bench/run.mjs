import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { CACHE, captureOf } from './generator/cache.mjs';
import { sizeOf } from './measure/capture-size.mjs';
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
  --scale N         size of the captures, 1 for the whole (1)
  --cache FOLDER    where captures are kept
  --markdown        tables in Markdown

Workloads: ${WORKLOAD_NAMES.join(', ')}
`;
const LASTACK = 'lastack';
const UNKNOWN = '–';
const HEAD = ['command', 'runs', 'seconds', 'CPU s', 'Mpackets/s', 'GB/s', 'peak MB', 'time/tcpdump', 'time/lastack'];

/** @typedef {import('./measure/process.mjs').Run} Run */
/** @typedef {import('./peers.mjs').Peer} Peer */

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: 'string', default: '5' },
    budget: { type: 'string', default: '300' },
    peers: { type: 'string' },
    command: { type: 'string' },
    scale: { type: 'string', default: '1' },
    cache: { type: 'string', default: CACHE },
    markdown: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) process.stdout.write(USAGE);
else for (const name of chosenWorkloads()) measure(name);

function chosenWorkloads() {
  if (positionals.length === 0) return ['short-flows'];
  return positionals.includes('all') ? WORKLOAD_NAMES : positionals;
}

/** @param {string} name */
function measure(name) {
  const workload = workloadNamed(name, Number(values.scale));
  const capture = captureOf(workload, values.cache);
  const size = sizeOf(capture);
  const results = runInTurn([lastack(workload.alive), ...chosenPeers()], capture);
  const table = values.markdown ? markdownTable : alignedTable;
  const scale = values.scale === '1' ? '' : `, at ${values.scale} of it`;
  const bytes = (size.bytes / 1e6).toFixed(0);
  process.stdout.write(`${values.markdown ? '### ' : ''}${name}: ${workload.about}${scale}\n\n`);
  process.stdout.write(`${size.frames.toLocaleString('en')} records, ${bytes} MB; medians\n\n`);
  process.stdout.write(`${table(HEAD, rowsOf(results, size))}\n`);
}

/**
 * @param {number} alive flows that are open at a time: where they are more than lastack follows unless told, it is told
 * @returns {Peer}
 */
function lastack(alive) {
  const main = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
  const analyze = [process.execPath, main, 'analyze', ...(alive > 250_000 ? ['--max-flows', `${2 * alive}`] : [])];
  const command = values.command?.split(' ') ?? analyze;
  return { name: LASTACK, command: (capture) => [...command, capture] };
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
      if (spent < Number(values.budget)) runs.push(run(command(capture)));
    }
  }
  return results;
}

/**
 * @param {ReadonlyMap<string, readonly Run[]>} results
 * @param {{ frames: number, bytes: number }} size
 */
function rowsOf(results, size) {
  const medians = new Map([...results].map(([name, runs]) => [name, median(runs.map(({ wall }) => wall))]));
  const ratio = (/** @type {number} */ wall, /** @type {string} */ to) => {
    const base = medians.get(to);
    return base === undefined ? UNKNOWN : (wall / base).toFixed(2);
  };
  return [...medians].map(([name, wall]) => {
    const runs = results.get(name) ?? [];
    return [
      name,
      String(runs.length),
      wall.toFixed(2),
      middle(
        runs.map(({ cpu }) => cpu),
        2,
      ),
      (size.frames / wall / 1e6).toFixed(2),
      (size.bytes / wall / 1e9).toFixed(2),
      middle(
        runs.map(({ memory }) => memory && memory / 1e6),
        0,
      ),
      ratio(wall, 'tcpdump'),
      ratio(wall, LASTACK),
    ];
  });
}

/**
 * @param {readonly (number | null)[]} figures
 * @param {number} digits behind the point
 */
function middle(figures, digits) {
  const known = figures.filter((figure) => figure !== null);
  return known.length === 0 ? UNKNOWN : median(known).toFixed(digits);
}
