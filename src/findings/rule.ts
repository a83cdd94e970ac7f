import type { Endpoint, Time, Transition } from '../connection/model.js';
import type { Seg } from '../connection/postmortem/history.js';
import type { Postmortem } from '../connection/postmortem/postmortem.js';
import type { Side, TcpState } from '../connection/state.js';
import type { Finding } from './finding.js';
import type { Thresholds } from './thresholds.js';

/** Looks for one kind of finding, or a few that exclude each other, in one connection. */
export type Rule = (p: Postmortem, thresholds: Thresholds) => Finding | readonly Finding[] | null;

/** Adds what a rule has found. */
export function addTo(all: Finding[], found: ReturnType<Rule>): void {
  if (found === null) return;
  if ('kind' in found) all.push(found);
  else all.push(...found);
}

/** A stretch of time that an endpoint spent in one state; `until` is null where it was still there at the end. */
export interface Span {
  readonly state: TcpState;
  readonly since: Transition;
  readonly until: Transition | null;
  /** In nanoseconds, up to the last frame of the capture where it has not ended. */
  readonly duration: Time;
}

/** What several rules ask of the same connection, one after the other, is found out once. */
export function once<T>(find: (p: Postmortem) => T): (p: Postmortem) => T {
  let last: { readonly p: Postmortem; readonly found: T } | null = null;
  return (p) => {
    if (last?.p !== p) last = { p, found: find(p) };
    return last.found;
  };
}

const bothSpans = once((p) => ({ client: spansOfSide(p, 'client'), server: spansOfSide(p, 'server') }));

/** Where one end was, and for how long. */
export const spansOf = (p: Postmortem, side: Side): readonly Span[] => bothSpans(p)[side];

function spansOfSide(p: Postmortem, side: Side): Span[] {
  const own = p.connection.timeline.filter((t) => t.endpoint === side);
  return own.map((since, i) => {
    const until = own[i + 1] ?? null;
    const end = until?.at ?? Math.max(p.connection.followedUntil, since.at);
    return { state: since.to, since, until, duration: end - since.at };
  });
}

export const spanIn = (p: Postmortem, side: Side, state: TcpState): Span | undefined =>
  spansOf(p, side).find((s) => s.state === state);

export const changeTo = (p: Postmortem, side: Side, state: TcpState): Transition | undefined =>
  p.connection.timeline.find((t) => t.endpoint === side && t.to === state);

/** The state that an end was in at a time, as its timeline says; null before it existed. */
export function stateAt(p: Postmortem, side: Side, time: Time): TcpState | null {
  return p.connection.timeline.findLast((t) => t.endpoint === side && t.at <= time)?.to ?? null;
}

/** Times for people, in a message: `7.2 s`, `310 ms`. */
export function seconds(duration: Time): string {
  const s = Math.max(0, duration) / 1e9;
  if (s >= 100) return `${Math.round(s)} s`;
  if (s >= 1) return `${s.toFixed(1)} s`;
  if (s >= 0.001) return `${Math.round(s * 1000)} ms`;
  return `${Math.round(s * 1e6)} µs`;
}

/** A cause that the evidence excludes: these segments were captured on the very host they were sent to. */
export function notLost(what: string, side: Side, segments: readonly Seg[]): string {
  const frames = segments.slice(0, 5).map((s) => s.frame);
  const rest = segments.length > frames.length ? ', …' : '';
  const place = frames.length === 1 ? `frame ${frames[0]}` : `frames ${frames.join(', ')}${rest}`;
  return `loss of ${what} on the way to the ${side}: captured on its own host (${place})`;
}

export const times = (n: number): string => (n === 1 ? 'once' : n === 2 ? 'twice' : `${n} times`);

/** `address:port`, with IPv6 in brackets (RFC 3986, section 3.2.2). */
export const withPort = ({ address, port }: Endpoint): string =>
  address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;

export const endpointText = (p: Postmortem, side: Side): string => withPort(p.connection[side]);
