import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { CACHE, captureOf } from './generator/cache.mjs';
import { median } from './measure/median.mjs';
import { alignedTable, markdownTable } from './measure/table.mjs';
import { workloadNamed } from './workloads.mjs';

/**
 * `node bench/stages.mjs [WORKLOAD] [--dist FOLDER] [--runs N] [--scale N] [--cache FOLDER] [--markdown]`: times the
 * pipeline cut off behind each of its stages, so that the difference between two lines is what one stage takes.
 */

const SECOND = 1e9;
const TIME_WAIT = 60;
/** As the product lets flows linger: TIME_WAIT, a sixteenth on top, and five seconds. */
const LINGER = (TIME_WAIT * 17 * SECOND) / 16 + 5 * SECOND;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    dist: { type: 'string', default: fileURLToPath(new URL('../dist', import.meta.url)) },
    runs: { type: 'string', default: '5' },
    scale: { type: 'string', default: '1' },
    cache: { type: 'string', default: CACHE },
    markdown: { type: 'boolean', default: false },
  },
});

/** @param {string} path */
const built = (path) => import(pathToFileURL(resolve(values.dist, path)).href);

/** @type {typeof import('../src/capture/open.js')} */
const { openCapture } = await built('capture/open.js');
/** @type {typeof import('../src/decode/decoder.js')} */
const { FrameDecoder, TCP } = await built('decode/decoder.js');
/** @type {typeof import('../src/connection/flow-table.js')} */
const { FlowTable } = await built('connection/flow-table.js');
/** @type {typeof import('../src/connection/flow-record.js')} */
const { I, STRIDE } = await built('connection/flow-record.js');
/** @type {typeof import('../src/connection/tracker.js')} */
const { Tracker } = await built('connection/tracker.js');
/** @type {typeof import('../src/flows.js')} */
const { flowsOrOrdinary } = await built('flows.js');
/** @type {typeof import('../src/index.js')} */
const { analyze } = await built('index.js');

/** @typedef {import('../src/capture/frame.js').Frame} Frame */

/**
 * Takes a capture's frames one by one.
 * @typedef {object} Stage
 * @property {(frame: Frame) => void} take
 * @property {() => void} end
 */

const nothing = () => {};

/** @returns {Stage} */
const framing = () => ({ take: nothing, end: nothing });

/** @returns {Stage} */
function decoding() {
  const decoder = new FrameDecoder();
  return { take: (frame) => void decoder.decode(frame), end: nothing };
}

/**
 * Finds each segment's flow, and never lets one go.
 * @returns {Stage}
 */
function lookingUp() {
  const decoder = new FrameDecoder();
  const table = new FlowTable();
  const take = (/** @type {Frame} */ frame) => {
    if (decoder.decode(frame) !== TCP || table.find(decoder.segment) >= 0) return;
    table.i32[table.insert(-1) * STRIDE + I.number] = 1;
  };
  return { take, end: nothing };
}

/** @returns {Stage} */
function tracking() {
  const decoder = new FrameDecoder();
  const tracker = new Tracker({
    detail: 0,
    defers: { handshake: SECOND, closeWait: SECOND, silence: 60 * SECOND },
    linger: LINGER,
    maxFlows: 10_000_000,
    onEnd: nothing,
    onGiveUp: nothing,
  });
  let epoch = -1;
  const take = (/** @type {Frame} */ frame) => {
    if (epoch < 0) epoch = frame.seconds;
    if (decoder.decode(frame) !== TCP) return;
    decoder.segment.time = (frame.seconds - epoch) * SECOND + frame.nanoseconds;
    decoder.segment.frame = frame.number;
    tracker.segment(decoder.segment);
  };
  return { take, end: () => void [...tracker.end()] };
}

/**
 * @param {string} path
 * @param {Stage} stage
 * @returns {Promise<number>} how many frames there were
 */
async function pass(path, stage) {
  const source = await openCapture(path);
  while (await source.advance()) while (source.next()) stage.take(source.frame);
  stage.end();
  await source.close();
  return source.frame.number;
}

/** @param {string} path */
async function walking(path) {
  const stream = flowsOrOrdinary([path], {}, { end: () => null });
  for await (const _ of stream);
  return stream.captures[0].frames;
}

/** @param {string} path */
async function whole(path) {
  const { captures } = await analyze(path);
  return captures[0].frames;
}

/** @type {readonly (readonly [string, (path: string) => Promise<number>])[]} */
const STAGES = [
  ['framing', (path) => pass(path, framing())],
  ['+ decoding', (path) => pass(path, decoding())],
  ['+ flow look-up', (path) => pass(path, lookingUp())],
  ['+ tracking', (path) => pass(path, tracking())],
  ['walk through records, post-mortems', walking],
  ['+ findings, summary', whole],
];

const { path } = captureOf(workloadNamed(positionals[0] ?? 'short-flows', Number(values.scale)), values.cache);
/** @type {number[][]} */
const seconds = STAGES.map(() => []);
let frames = 0;
for (let round = 0; round < Number(values.runs); round++) {
  for (const [index, [, stage]] of STAGES.entries()) {
    const started = performance.now();
    frames = await stage(path);
    seconds[index].push((performance.now() - started) / 1000);
  }
}
const medians = seconds.map(median);
const rows = STAGES.map(([name], index) => [
  name,
  medians[index].toFixed(2),
  (frames / medians[index] / 1e6).toFixed(2),
  (((medians[index] - (index === 0 ? 0 : medians[index - 1])) / frames) * 1e9).toFixed(0),
]);
const table = values.markdown ? markdownTable : alignedTable;
process.stdout.write(table(['up to and with', 'seconds', 'Mpackets/s', 'ns/packet of its own'], rows));
