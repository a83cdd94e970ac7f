import type { Clock, Time } from '../connection/model.js';
import type { OrdinaryEnd } from '../connection/postmortem/ordinary.js';
import type { Side, TcpState } from '../connection/state.js';
import { SECOND } from '../connection/time.js';
import { parseAddress } from '../decode/address.js';
import { Bounded } from './bounded.js';
import { type BusyHost, BusyHosts } from './busy-hosts.js';
import { CATALOGUE } from './catalogue/index.js';
import type { AcrossFinding, FindingKind, Flow } from './finding.js';
import { Occupancy } from './occupancy.js';
import { withPort } from './rule.js';
import type { Thresholds } from './thresholds.js';

/** Ephemeral ports of Linux by default: net.ipv4.ip_local_port_range is 32768 to 60999. */
const EPHEMERAL_PORTS = 28_232;
/** What one subject is remembered by, at most. */
const MOST_DISTINCT = 1000;
/** How long a host that tcp_tw_recycle had met was remembered (TCP_PAWS_MSL). */
const TIMESTAMP_MEMORY = 60 * SECOND;

/** The newest timestamp that one host has opened a connection to another one with, and when. */
interface Stamp {
  flows: number;
  tsVal: number;
  at: Time;
}

/** Flows that share a subject. */
class Group {
  flows = 0;
  readonly examples: number[] = [];
  at: Time = Number.POSITIVE_INFINITY;
  readonly distinct = new Set<string>();

  add(flow: number, at: Time, distinct?: string): void {
    this.flows++;
    this.at = Math.min(this.at, at);
    if (this.examples.length < 10) this.examples.push(flow);
    if (distinct !== undefined && this.distinct.size < MOST_DISTINCT) this.distinct.add(distinct);
  }
}

/** A host's address as a key: a signed word for IPv4, its text for IPv6. */
function keyOf(address: string): number | string {
  const parsed = parseAddress(address);
  return parsed !== null && parsed.ipVersion === 4 ? parsed.words[3] | 0 : address;
}

/** What no single connection shows: gathered flow by flow, in bounded memory. */
export class AcrossFlows {
  readonly #thresholds: Thresholds;
  #clock: Clock | null = null;
  readonly #scanners = new Bounded<string, Group>(() => new Group());
  readonly #halfOpen = new Bounded<string, Occupancy>(() => new Occupancy());
  readonly #closeWait = new Bounded<string, Occupancy>(() => new Occupancy());
  readonly #hosts = new BusyHosts();
  readonly #drops = new Bounded<string, Group>(() => new Group());
  readonly #stamps = new Bounded<string, Stamp>(() => ({ flows: 0, tsVal: 0, at: -1 }));
  #unanswered = false;

  constructor(thresholds: Thresholds) {
    this.#thresholds = thresholds;
  }

  /** @param service its server, as `withPort` has it */
  add(flow: Flow, service: string): void {
    this.#clock ??= flow.clock;
    if (flow.roles === 'observed') {
      const established = flow.timeline.find((t) => t.to === 'ESTABLISHED' && t.endpoint === 'client');
      if (!established) this.#scanners.of(flow.client.address).add(flow.flow, flow.start, service);
      if (!established || established.latest === null) {
        this.#halfOpen.of(service).add(flow.flow, flow.start, Math.max(flow.end, flow.start + SECOND));
      }
      this.#watchTimestamps(flow, established !== undefined);
    }
    for (const side of ['client', 'server'] as const) {
      const { address } = flow[side];
      const waiting = intervalIn(flow, side, 'CLOSE_WAIT');
      if (waiting)
        this.#closeWait.of(side === 'server' ? service : address).add(flow.flow, waiting.from, waiting.until);
      const number = this.#hosts.count(keyOf(address));
      if (number < 0) continue;
      const host = this.#hosts.known(number) ?? this.#hosts.begin(number, address);
      const timeWait = intervalIn(flow, side, 'TIME_WAIT');
      if (timeWait) host.timeWait.add(flow.flow, timeWait.from, timeWait.until);
      if (side === 'client') portsTo(host, service).add(flow.flow, flow.start, clientUntil(flow));
    }
  }

  /** A connection without incident. */
  addOrdinary(o: OrdinaryEnd, clock: Clock): void {
    this.#clock ??= clock;
    this.#countOrdinary(o, 'client', o.clientSound);
    this.#countOrdinary(o, 'server', o.serverSound);
    if (this.#unanswered && o.synTsVal >= 0)
      renew(this.#stamps.of(`${o.address('client')} to ${o.address('server')}`), o.synTsVal, o.start);
  }

  #countOrdinary(o: OrdinaryEnd, side: Side, sound: number): void {
    const number = this.#hosts.count(o.addressKey(side), sound);
    if (number < 0) return;
    const host = this.#hosts.known(number) ?? this.#hosts.begin(number, o.address(side));
    if (o.closer === side) host.timeWait.add(o.flow, o.timeWaitFrom, o.timeWaitUntil);
    if (side === 'server') return;
    const service = withPort({ address: o.address('server'), port: o.serverPort() });
    portsTo(host, service).add(o.flow, o.start, o.clientUntil);
  }

  findings(): AcrossFinding[] {
    const clock = this.#clock;
    if (clock === null) return [];
    const found: AcrossFinding[] = [];
    const add = (
      kind: FindingKind,
      subject: string,
      group: { flows: number; examples: readonly number[] },
      at: Time,
      message: string,
    ): void => {
      const { severity, checks } = CATALOGUE[kind];
      const advice = checks[0] ? `${checks[0].command} (${checks[0].why})` : '';
      found.push({ kind, severity, subject, clock, at, flows: group.flows, examples: group.examples, message, advice });
    };
    const peak = (kind: FindingKind, subject: string, of: Occupancy, limit: number, what: string): void => {
      const { count, at } = of.peak();
      if (count >= limit) add(kind, subject, of, at, `${count} ${what}`);
    };
    const t = this.#thresholds;
    for (const [address, group] of this.#scanners.entries()) {
      if (group.distinct.size < t.scanPorts) continue;
      const many = group.distinct.size >= MOST_DISTINCT ? 'at least 1,000' : String(group.distinct.size);
      add(
        'syn-scan',
        address,
        group,
        group.at,
        `${address} tried ${many} services and completed no handshake with them`,
      );
    }
    for (const [service, of] of this.#halfOpen.entries()) {
      peak(
        'syn-flood',
        service,
        of,
        t.floodHandshakes,
        `handshakes with ${service} were open at a time that no client completed`,
      );
    }
    for (const [holder, of] of this.#closeWait.entries()) {
      peak(
        'close-wait-accumulation',
        holder,
        of,
        t.closeWaitSockets,
        `endpoints of ${holder} were in CLOSE_WAIT at a time`,
      );
    }
    for (const host of this.#hosts.all()) {
      peak(
        'time-wait-accumulation',
        host.address,
        host.timeWait,
        t.timeWaitSockets,
        `endpoints of ${host.address} were in TIME_WAIT at a time`,
      );
      for (const [service, of] of host.ports) {
        const subject = `${host.address} to ${service}`;
        peak(
          'port-exhaustion',
          subject,
          of,
          EPHEMERAL_PORTS * 0.9,
          `source ports were in use at a time from ${subject}`,
        );
      }
    }
    for (const [pair, group] of this.#drops.entries()) {
      if (group.flows < 3) continue;
      const message = `${group.flows} SYNs from ${pair} stayed unanswered, each with an older timestamp than one that was answered before`;
      add('timestamp-drop-suspected', pair, group, group.at, message);
    }
    return found.sort((a, b) => b.flows - a.flows);
  }

  /** tcp_tw_recycle, or a middlebox like it: SYNs of one address with timestamps that run backwards are dropped in silence. */
  #watchTimestamps(flow: Flow, opened: boolean): void {
    const syn = flow.synTimestamp;
    if (syn === null) return;
    const pair = `${flow.client.address} to ${flow.server.address}`;
    const newest = this.#stamps.known(pair);
    const since = newest ? syn.time - newest.at : -1;
    const older = newest !== undefined && ((syn.tsVal - newest.tsVal) | 0) < 0 && since > 0 && since < TIMESTAMP_MEMORY;
    if (!opened && flow.packets.server === 0) {
      this.#unanswered = true;
      if (older) this.#drops.of(pair).add(flow.flow, syn.time);
    }
    if (opened && !older) renew(newest ?? this.#stamps.of(pair), syn.tsVal, syn.time);
  }
}

function renew(newest: Stamp, tsVal: number, at: Time): void {
  if (newest.at >= 0 && ((tsVal - newest.tsVal) | 0) < 0) return;
  newest.flows++;
  newest.tsVal = tsVal;
  newest.at = at;
}

function portsTo(host: BusyHost, service: string): Occupancy {
  let of = host.ports.get(service);
  if (!of) {
    of = new Occupancy();
    if (host.ports.size < MOST_DISTINCT) host.ports.set(service, of);
  }
  return of;
}

function intervalIn(flow: Flow, side: 'client' | 'server', state: TcpState): { from: Time; until: Time } | null {
  const own = flow.timeline.filter((x) => x.endpoint === side);
  const index = own.findIndex((x) => x.to === state);
  return index < 0 ? null : { from: own[index].at, until: own[index + 1]?.at ?? flow.followedUntil };
}

/** When the client's end of a flow was gone, or the end of what is known. */
function clientUntil(flow: Flow): Time {
  const last = flow.timeline.findLast((t) => t.endpoint === 'client');
  return last?.to === 'CLOSED' ? last.at : flow.followedUntil;
}
