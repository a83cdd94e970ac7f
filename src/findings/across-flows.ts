import type { Clock, Time } from '../connection/model.js';
import type { Side, TcpState } from '../connection/state.js';
import { SECOND } from '../connection/time.js';
import { SYN } from '../decode/segment.js';
import { CATALOGUE } from './catalogue/index.js';
import type { AcrossFinding, FindingKind, Flow } from './finding.js';
import { Occupancy } from './occupancy.js';
import type { Thresholds } from './thresholds.js';

/** Subjects (addresses, services) that are followed at most; the ones with the fewest flows are forgotten first. */
const MOST_SUBJECTS = 20_000;
const MOST_EXAMPLES = 10;
/** Ephemeral ports of Linux by default: net.ipv4.ip_local_port_range is 32768 to 60999. */
const EPHEMERAL_PORTS = 28_232;

interface Subject {
  flows: number;
  readonly examples: number[];
  at: Time;
  readonly distinct: Set<string>;
}

/** Counts per subject, in bounded memory. */
class Subjects {
  readonly #all = new Map<string, Subject>();

  add(name: string, flow: Flow, at: Time, distinct: string | null): void {
    let subject = this.#all.get(name);
    if (!subject) {
      if (this.#all.size >= MOST_SUBJECTS) this.#forgetSmallest();
      subject = { flows: 0, examples: [], at, distinct: new Set() };
      this.#all.set(name, subject);
    }
    subject.flows++;
    subject.at = Math.min(subject.at, at);
    if (subject.examples.length < MOST_EXAMPLES) subject.examples.push(flow.flow);
    if (distinct !== null && subject.distinct.size < 1000) subject.distinct.add(distinct);
  }

  entries(): IterableIterator<[string, Subject]> {
    return this.#all.entries();
  }

  #forgetSmallest(): void {
    const sizes = [...this.#all.values()].map((s) => s.flows).sort((a, b) => a - b);
    const median = sizes[sizes.length >> 1];
    for (const [name, subject] of this.#all) if (subject.flows <= median) this.#all.delete(name);
  }
}

const service = (flow: Flow): string => withPort(flow.server.address, flow.server.port);
const withPort = (address: string, port: number): string =>
  address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;

/** What no single connection shows: gathered flow by flow, in bounded memory. */
export class AcrossFlows {
  readonly #thresholds: Thresholds;
  #clock: Clock | null = null;
  readonly #unopened = new Subjects();
  readonly #halfOpen = new Map<string, Occupancy>();
  readonly #timeWait = new Map<string, Occupancy>();
  readonly #closeWait = new Map<string, Occupancy>();
  readonly #ports = new Map<string, Occupancy>();
  readonly #drops = new Subjects();
  readonly #newestStamp = new Map<string, { tsVal: number; at: Time }>();

  constructor(thresholds: Thresholds) {
    this.#thresholds = thresholds;
  }

  add(flow: Flow): void {
    this.#clock ??= flow.clock;
    const opened = flow.timeline.some((t) => t.to === 'ESTABLISHED');
    if (flow.roles === 'observed' && !opened) {
      this.#unopened.add(flow.client.address, flow, flow.start, service(flow));
    }
    if (
      flow.roles === 'observed' &&
      flow.timeline.every((t) => t.endpoint !== 'client' || t.to !== 'ESTABLISHED' || t.latest === null)
    ) {
      occupancy(this.#halfOpen, service(flow)).add(flow, flow.start, Math.max(flow.end, flow.start + SECOND));
    }
    for (const side of ['client', 'server'] as const) {
      this.#occupy(this.#timeWait, flow, side, 'TIME_WAIT', flow[side].address);
      this.#occupy(this.#closeWait, flow, side, 'CLOSE_WAIT', side === 'server' ? service(flow) : flow.client.address);
    }
    const pair = `${flow.client.address} to ${service(flow)}`;
    occupancy(this.#ports, pair).add(flow, flow.start, lastOf(flow));
    this.#watchTimestamps(flow, opened);
  }

  findings(): AcrossFinding[] {
    const clock = this.#clock;
    if (clock === null) return [];
    const t = this.#thresholds;
    const found: AcrossFinding[] = [];
    const add = (
      kind: FindingKind,
      subject: string,
      at: Time,
      flows: number,
      examples: readonly number[],
      message: string,
    ): void => {
      const { severity, checks } = CATALOGUE[kind];
      const advice = checks[0] ? `${checks[0].command} (${checks[0].why})` : '';
      found.push({ kind, severity, subject, clock, at, flows, examples, message, advice });
    };
    for (const [address, s] of this.#unopened.entries()) {
      if (s.distinct.size < t.scanPorts) continue;
      const many = s.distinct.size >= 1000 ? 'at least 1,000' : String(s.distinct.size);
      add(
        'syn-scan',
        address,
        s.at,
        s.flows,
        s.examples,
        `${address} tried ${many} services and completed no handshake with them`,
      );
    }
    const peaks = (
      of: Map<string, Occupancy>,
      limit: number,
      kind: FindingKind,
      say: (subject: string, n: number) => string,
    ): void => {
      for (const [subject, o] of of) {
        const peak = o.peak();
        if (peak.count >= limit) add(kind, subject, peak.at, o.flows, o.examples, say(subject, peak.count));
      }
    };
    peaks(
      this.#halfOpen,
      t.floodHandshakes,
      'syn-flood',
      (s, n) => `${n} handshakes with ${s} were open at a time that no client completed`,
    );
    peaks(
      this.#timeWait,
      t.timeWaitSockets,
      'time-wait-accumulation',
      (s, n) => `${n} endpoints of ${s} were in TIME_WAIT at a time`,
    );
    peaks(
      this.#closeWait,
      t.closeWaitSockets,
      'close-wait-accumulation',
      (s, n) => `${n} endpoints of ${s} were in CLOSE_WAIT at a time`,
    );
    peaks(
      this.#ports,
      EPHEMERAL_PORTS * 0.9,
      'port-exhaustion',
      (s, n) => `${n} source ports were in use at a time from ${s}`,
    );
    for (const [pair, s] of this.#drops.entries()) {
      if (s.flows < 3) continue;
      add(
        'timestamp-drop-suspected',
        pair,
        s.at,
        s.flows,
        s.examples,
        `${s.flows} SYNs from ${pair} stayed unanswered, each with an older timestamp than one that was answered before`,
      );
    }
    return found.sort((a, b) => b.flows - a.flows);
  }

  #occupy(of: Map<string, Occupancy>, flow: Flow, side: Side, state: TcpState, subject: string): void {
    const own = flow.timeline.filter((x) => x.endpoint === side);
    const index = own.findIndex((x) => x.to === state);
    if (index < 0) return;
    occupancy(of, subject).add(flow, own[index].at, own[index + 1]?.at ?? flow.followedUntil);
  }

  /** tcp_tw_recycle, or a middlebox like it: SYNs of one address with timestamps that run backwards are dropped in silence. */
  #watchTimestamps(flow: Flow, opened: boolean): void {
    const syn = flow.segments.find((s) => (s.flags & SYN) !== 0 && s.from === 'client');
    if (!syn?.hasTimestamps) return;
    const pair = `${flow.client.address} to ${flow.server.address}`;
    const newest = this.#newestStamp.get(pair);
    const older =
      newest !== undefined &&
      ((syn.tsVal - newest.tsVal) | 0) < 0 &&
      syn.time > newest.at &&
      syn.time - newest.at < 60 * SECOND;
    if (older && !opened && flow.packets.server === 0) this.#drops.add(pair, flow, syn.time, null);
    if (!opened || older) return;
    if (this.#newestStamp.size < MOST_SUBJECTS || newest)
      this.#newestStamp.set(pair, { tsVal: syn.tsVal, at: syn.time });
  }
}

function occupancy(of: Map<string, Occupancy>, subject: string): Occupancy {
  let found = of.get(subject);
  if (!found) {
    if (of.size >= MOST_SUBJECTS) {
      const half = [...of.values()].map((o) => o.flows).sort((a, b) => a - b)[of.size >> 1];
      for (const [name, o] of of) if (o.flows <= half) of.delete(name);
    }
    found = new Occupancy();
    of.set(subject, found);
  }
  return found;
}

/** When the client's end of a flow was gone, or the end of what is known. */
function lastOf(flow: Flow): Time {
  const closed = flow.timeline.findLast((t) => t.endpoint === 'client');
  return closed?.to === 'CLOSED' ? closed.at : flow.followedUntil;
}
