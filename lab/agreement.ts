import type { Segment } from './capture.js';
import { type Entry, type Flow, seconds } from './lastack.js';
import { peerOf, SIDES, type Side } from './scenario.js';
import { beginOf, type Change, type Connection } from './truth.js';

/** What a capture can show: its segments, until when it ran, and how far away the other host is. */
export interface Tap {
  readonly segments: readonly Segment[];
  /** Seconds since 1970. */
  readonly until: number;
  /** Seconds of one way between the hosts. */
  readonly delay: number;
  /** Shorter states are missing in the truth, in seconds: 0 where the kernel was traced. */
  readonly blink: number;
}

/** How lastack's account of one end compares with the kernel's. */
export interface Agreement {
  readonly side: Side;
  /** The states in order, as the kernel had them and as lastack says. */
  readonly kernel: readonly string[];
  readonly lastack: readonly string[];
  readonly pathRight: boolean;
  /** Of the time in which this tap could know, the share in the right state. 0 to 1. */
  readonly timeRight: number;
}

interface Step {
  readonly state: string;
  readonly at: number;
  readonly uncertainty: number;
}

/** Allowed beside the delay around a change, in seconds: hosts take their time, and so does the cable. */
const SLACK = 0.01;

/** Compares both ends of a connection with lastack's flow; without one, everything is wrong. */
export function compare(connection: Connection, flow: Flow | undefined, tap: Tap): readonly Agreement[] {
  return SIDES.map((side) => compareEnd(connection, side, flow, tap));
}

function compareEnd(connection: Connection, side: Side, flow: Flow | undefined, tap: Tap): Agreement {
  const begin = beginOf(connection);
  const segments = tap.segments.filter((segment) => segment.at > begin - SLACK && isOf(segment, connection));
  const told = flow ? toldPath(flow, swapped(flow, connection) ? peerOf(side) : side) : [];
  const last = (segments.at(-1)?.at ?? begin) + tap.delay + SLACK;
  // A file ends with its last frame: what the kernel did later by itself need not be foretold, but may be.
  const full = kernelPath(connection.states[side], tap.until);
  const shown = kernelPath(connection.states[side], last);
  const foretold = samePath(full, told, tap.blink);
  const kernel = foretold ? full : shown;
  return {
    side,
    kernel: kernel.map((step) => step.state),
    lastack: told.map((step) => step.state),
    pathRight: foretold || samePath(shown, told, tap.blink),
    timeRight: timeRight(kernel, told, side, segments, connection, { ...tap, until: foretold ? tap.until : last }),
  };
}

/** Whether lastack calls the scenario's client the server: in a simultaneous open either may be the client. */
function swapped(flow: Flow, connection: Connection): boolean {
  return `${flow.client.address}:${flow.client.port}` !== connection.client;
}

/** Whether a flow is between the two ends of a connection. */
export function isBetween(flow: Flow, { client, server }: Connection): boolean {
  const ends = [flow.client, flow.server].map(({ address, port }) => `${address}:${port}`);
  return ends.includes(client) && ends.includes(server);
}

/** Whether a segment is between the two ends of a connection. */
export function isOf({ from, to }: Segment, { client, server }: Connection): boolean {
  return (from === client && to === server) || (from === server && to === client);
}

/** LISTEN and CLOSED both say that an end has nothing for this connection. */
function plain(state: string): string {
  return state === 'LISTEN' ? 'CLOSED' : state;
}

const BEFORE: Step = { state: 'CLOSED', at: Number.NEGATIVE_INFINITY, uncertainty: 0 };

function kernelPath(changes: readonly Change[], until: number): readonly Step[] {
  return [BEFORE, ...changes.filter((change) => change.at <= until)];
}

function toldPath(flow: Flow, endpoint: Side): readonly Step[] {
  const own = flow.timeline.filter((entry: Entry) => entry.endpoint === endpoint);
  const before = { ...BEFORE, state: plain(own[0]?.from ?? 'CLOSED') };
  const steps = own.map((entry) => ({ state: plain(entry.to), at: seconds(entry.at), uncertainty: 0 }));
  return [before, ...steps].filter((step, index, all) => step.state !== all[index - 1]?.state);
}

/** Whether two paths have the same states; the kernel's may lack those that lasted less than `blink` seconds. */
function samePath(kernel: readonly Step[], told: readonly Step[], blink: number): boolean {
  let next = 0;
  for (const [index, step] of told.entries()) {
    if (kernel[next]?.state === step.state) next++;
    else if ((told[index + 1]?.at ?? Number.POSITIVE_INFINITY) - step.at >= blink) return false;
  }
  return next === kernel.length;
}

function stateAt(path: readonly Step[], time: number): string {
  return path.findLast((step) => step.at <= time)?.state ?? '';
}

/**
 * The share of time in the right state. Left out are the moments around each change, and what nobody at this tap can know:
 * after a change with no segment near it, the time until that end sends the next one.
 */
function timeRight(
  kernel: readonly Step[],
  told: readonly Step[],
  side: Side,
  segments: readonly Segment[],
  connection: Connection,
  tap: Tap,
): number {
  const changes = kernel.slice(1);
  const guard = tap.delay + SLACK + tap.blink;
  const from = segments[0]?.at ?? beginOf(connection);
  // close() with data still waiting shows only when the FIN goes out.
  const shows = (step: Step, segment: Segment) =>
    !['FIN_WAIT1', 'LAST_ACK'].includes(step.state) ||
    (segment.from === connection[side] && segment.flags.includes('F'));
  const excluded = changes.map((step): readonly [number, number] => {
    const margin = guard + step.uncertainty;
    if (segments.some((segment) => shows(step, segment) && Math.abs(segment.at - step.at) <= margin)) {
      return [step.at - margin, step.at + margin];
    }
    const next = segments.find(
      (segment) => segment.from === connection[side] && segment.at > step.at && shows(step, segment),
    );
    return [step.at - margin, next ? next.at + margin : tap.until];
  });
  const times = [from, tap.until, ...excluded.flat(), ...told.map((step) => step.at)];
  const edges = times.filter((time) => time >= from && time <= tap.until).sort((one, other) => one - other);
  let right = 0;
  let all = 0;
  for (const [index, edge] of edges.entries()) {
    const next = edges[index + 1] ?? edge;
    const middle = (edge + next) / 2;
    if (excluded.some(([start, end]) => start < middle && middle < end)) continue;
    all += next - edge;
    if (stateAt(kernel, middle) === stateAt(told, middle)) right += next - edge;
  }
  return all === 0 ? 1 : right / all;
}
