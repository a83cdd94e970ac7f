/**
 * What a generated capture holds.
 * @typedef {object} Workload
 * @property {string} name
 * @property {string} about
 * @property {number} flows an even number
 * @property {number} alive flows that are open at a time
 * @property {number} clients addresses that flows come from
 * @property {number} servers addresses that they go to, one port each
 * @property {number} segments mean of a flow, repetitions apart; 6 or more
 * @property {number} ramp microseconds over which the first flows begin
 * @property {number} think mean microseconds between a response and the next request, or the close
 * @property {number} snapLength
 * @property {4 | 6} ipVersion
 * @property {boolean} synOnly nobody answers
 * @property {boolean} lossy each handshake loses one to three segments
 */

const SECOND = 1_000_000;
const HEADERS = 96;
const WHOLE = 262_144;

/** A flow lasts about seven seconds. */
const SHORT = {
  clients: 10_007,
  servers: 64,
  segments: 24,
  ramp: 7 * SECOND,
  think: 2 * SECOND,
  snapLength: HEADERS,
  ipVersion: /** @type {const} */ (4),
  synOnly: false,
  lossy: false,
};

/** @type {readonly Workload[]} */
const NAMED = [
  {
    ...SHORT,
    name: 'short-flows',
    about: '12,000,000 records, 500,000 flows, 20,000 open at a time, headers only',
    flows: 500_000,
    alive: 20_000,
  },
  {
    ...SHORT,
    name: 'full-frames',
    about: '2,000,000 records of up to 1,514 bytes, otherwise as short-flows',
    flows: 83_334,
    alive: 20_000,
    snapLength: WHOLE,
  },
  {
    ...SHORT,
    name: 'long-flows',
    about: '2,000,000 records, 20 flows',
    flows: 20,
    alive: 20,
    clients: 20,
    segments: 100_000,
    think: SECOND / 1000,
  },
  {
    ...SHORT,
    name: 'syn-flood',
    about: '10,000,000 SYNs from as many addresses to one service',
    flows: 10_000_000,
    alive: 20_000,
    clients: 10_000_000,
    servers: 1,
    segments: 6,
    think: SECOND,
    synOnly: true,
  },
  {
    ...SHORT,
    name: 'lossy-handshakes',
    about: '200,000 flows whose handshakes lost one to three SYNs, SYN+ACKs or ACKs, repeated as Linux does',
    flows: 200_000,
    alive: 20_000,
    segments: 10,
    lossy: true,
  },
  {
    ...SHORT,
    name: 'ipv6',
    about: '2,000,000 records, otherwise as short-flows, over IPv6',
    flows: 83_334,
    alive: 20_000,
    ipVersion: 6,
  },
  {
    ...SHORT,
    name: 'few-alive',
    about: '320,000 records, 40,000 flows, 20 open at a time for a second each',
    flows: 40_000,
    alive: 20,
    segments: 8,
    ramp: SECOND / 2,
    think: SECOND / 2,
  },
];

/** Names to choose from; any other number may stand in those that end in one. */
export const WORKLOAD_NAMES = [...NAMED.map((w) => w.name), 'alive-20000', 'alive-200000', 'alive-2000000'];

/**
 * @param {string} name
 * @param {number} scale 1 for the whole size
 * @returns {Workload}
 * @throws RangeError for an unknown name
 */
export function workloadNamed(name, scale) {
  const open = /^alive-(\d+)$/.exec(name);
  const workload = open ? withAlive(name, Number(open[1])) : NAMED.find((w) => w.name === name);
  if (!workload) throw new RangeError(`no workload is called ${name}: ${WORKLOAD_NAMES.join(', ')}`);
  return scaled(workload, scale);
}

/**
 * Flows of about half a minute, and more of them than are open at a time.
 * @param {string} name
 * @param {number} alive
 * @returns {Workload}
 */
function withAlive(name, alive) {
  const about = `${alive.toLocaleString('en')} flows open at a time, eight segments and half a minute each`;
  const flows = Math.max(250_000, 2 * Math.ceil(0.75 * alive));
  return { ...SHORT, name, about, flows, alive, segments: 8, ramp: 15 * SECOND, think: 15 * SECOND };
}

/**
 * A few long flows become shorter, many short ones fewer.
 * @param {Workload} workload
 * @param {number} scale
 * @returns {Workload}
 */
function scaled(workload, scale) {
  if (workload.flows < 1000) return { ...workload, segments: Math.max(6, Math.round(workload.segments * scale)) };
  const flows = 2 * Math.max(1, Math.round((workload.flows * scale) / 2));
  return { ...workload, flows, alive: Math.max(1, Math.min(flows, Math.round(workload.alive * scale))) };
}
