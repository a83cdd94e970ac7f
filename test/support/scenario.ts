import { rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { threadId } from 'node:worker_threads';
import { type Flow, flows, type Options, type Side, type TcpState } from '../../src/index.js';
import { ethernetFrame, icmpErrorFrame, type TcpFrameFields, type TcpOptions, tcpFrame, tcpPacket } from './frames.js';
import { writePcap } from './pcap-writer.js';

/*
 * A connection as a table: who sends what, and when. Sequence and acknowledgement numbers, windows and timestamps follow
 * from a small model of both ends, so that a line says only what matters:
 *
 *     const story = scenario({ rtt: '20ms' }, [
 *       [0, 'client', 'SYN'],
 *       ['+30us', 'server', 'SYN ACK'],
 *       ['+30us', 'client', 'ACK', { lost: true }],
 *       [1.02, 'server', 'SYN ACK'],
 *     ]);
 *     const flow = await flowOf(story, 'client');
 *
 * The table tells what happened, not what was seen: times are when a segment is sent, and the same story can be read from a
 * tap on either host, or between them. What the network lost is missing at the tap behind the loss and nowhere else.
 */

type Unit = 'us' | 'ms' | 's' | 'min' | 'h';
export type Duration = `${number}${Unit}`;

/** Seconds since the story's start; or how long after the line above: after its arrival if that is the other end's, else after its sending. */
export type When = number | `+${Duration}`;

type Flags =
  | 'SYN'
  | 'SYN ACK'
  | 'ACK'
  | 'PSH ACK'
  | 'FIN ACK'
  | 'FIN PSH ACK'
  | 'FIN'
  | 'RST'
  | 'RST ACK'
  /** What a host without a socket answers to a segment that has no acknowledgement (RFC 9293, section 3.10.7.1). */
  | 'RST ACK refused';
/** Flags as tcpdump's users say them, and bytes of payload. */
export type What = Flags | `${Flags} ${number}`;

export type Line =
  | readonly [when: When, from: Side, what: What, details?: Details]
  /** An error about the client's last segment, of a router half-way: type and code. */
  | readonly [when: When, from: 'router', what: `ICMP ${number}/${number}`, details?: Details];

/** Where a line departs from what the model would write. Sequence numbers are relative, as Wireshark shows them. */
export interface Details {
  readonly seq?: number;
  readonly ack?: number;
  /** As in the header. */
  readonly window?: number;
  /** Milliseconds of the sender's clock since the story's start. */
  readonly tsVal?: number;
  /** The same of the other end's clock. */
  readonly tsEcr?: number;
  readonly sack?: readonly (readonly [left: number, right: number])[];
  /** Shift that a SYN offers; null for none. */
  readonly windowScale?: number | null;
  /** Of IPv4, where it is not the next one of its sender. */
  readonly ipId?: number;
  /** Bytes of a Fast Open option. */
  readonly fastOpen?: readonly number[];
  /** Begins another incarnation of this end. */
  readonly isn?: number;
  /** It never arrives: the tap of its sender saw it, that of its receiver did not; one in the middle did unless told. */
  readonly lost?: true | 'before the middle';
  /** It arrives and its host drops it. */
  readonly ignored?: true;
  /** It arrives, and the capture missed it. */
  readonly unseen?: true;
  /** How much longer than usual the network takes. */
  readonly delayed?: Duration;
  /** The tap sees it twice, this long apart (a mirror port). */
  readonly copied?: Duration;
}

export interface Setting {
  /** Between the hosts; 20 ms by default. */
  readonly rtt?: Duration;
  readonly client?: string;
  readonly server?: string;
  /** Options that the ends do not use. */
  readonly without?: readonly ('timestamps' | 'sack' | 'window scale')[];
  /** The capture goes on until then, in seconds: another host's frame ends it. */
  readonly until?: number;
}

/** Where the capture is taken. */
export type Tap = Side | 'middle';

export interface Captured {
  /** Nanoseconds since the story's start. */
  readonly at: number;
  readonly data: Uint8Array;
}

export type Story = (tap: Tap) => readonly Captured[];

/** Initial sequence numbers unless told otherwise: the server's wraps within 300 bytes. */
export const ISN = { client: 1_000_000, server: 4_294_967_000 } as const;

/** A handshake, complete 20 ms after it began where that is the round trip. */
export const HANDSHAKE: readonly Line[] = [
  [0, 'client', 'SYN'],
  ['+30us', 'server', 'SYN ACK'],
  ['+30us', 'client', 'ACK'],
];

/** A request of 120 bytes and its answer of 400. */
export const EXCHANGE: readonly Line[] = [
  ['+100us', 'client', 'PSH ACK 120'],
  ['+30us', 'server', 'ACK'],
  ['+1ms', 'server', 'PSH ACK 400'],
  ['+30us', 'client', 'ACK'],
];

/** The client closes, then the server. */
export const CLOSE: readonly Line[] = [
  ['+10ms', 'client', 'FIN ACK'],
  ['+100us', 'server', 'FIN ACK'],
  ['+30us', 'client', 'ACK'],
];

/** Plays the lines and tells what a tap sees of them, in its order. */
export function scenario(setting: Setting, lines: readonly Line[]): Story {
  const oneWay = duration(setting.rtt ?? '20ms') / 2;
  const sent = play(setting, oneWay, lines);
  return (tap) => {
    const fromClient = tap === 'client' ? TO_TAP : tap === 'server' ? oneWay - TO_TAP : oneWay * 0.4;
    const seen = sent.flatMap((event): Captured[] => {
      const { from, details, time } = event;
      if (details.unseen || !passes(tap, from, details)) return [];
      const way = from === 'client' ? fromClient : from === 'server' ? oneWay - fromClient : oneWay / 2;
      const at = time + way + (tap === from ? 0 : duration(details.delayed ?? '0us'));
      const copy = details.copied === undefined ? [] : [{ at: at + duration(details.copied), data: event.data }];
      return [{ at, data: event.data }, ...copy];
    });
    const last = setting.until === undefined ? [] : [{ at: setting.until * 1e9, data: ANOTHER_HOST }];
    return [...seen, ...last].sort((a, b) => a.at - b.at);
  };
}

/** A capture of microseconds with what one tap saw of these stories, all told from the same moment on. */
export function captureOf(tap: Tap, ...stories: readonly Story[]): Uint8Array {
  const frames = stories.flatMap((story) => story(tap)).sort((a, b) => a.at - b.at);
  return writePcap(
    frames.map(({ at, data }) => {
      const micros = Math.round(at / 1000);
      return { data, seconds: EPOCH + Math.floor(micros / 1e6), fraction: micros % 1e6 };
    }),
  );
}

/** The post-mortems of a capture's connections, in the order of their first segments. */
export async function read(capture: Uint8Array, options: Options = {}): Promise<Flow[]> {
  const path = join(tmpdir(), `lastack-${process.pid}-${threadId}-${++captures}.pcap`);
  try {
    writeFileSync(path, capture);
    const found: Flow[] = [];
    for await (const flow of flows(path, options)) found.push(flow);
    return found.sort((a, b) => a.flow - b.flow);
  } finally {
    rmSync(path);
  }
}

let captures = 0;

/** The post-mortem of a story that is one connection. */
export async function flowOf(story: Story, tap: Tap, options: Options = {}): Promise<Flow> {
  const found = await read(captureOf(tap, story), options);
  if (found.length !== 1) throw new Error(`${found.length} flows where the story tells of one`);
  return found[0];
}

/** The states that one end went through, in order: `'CLOSED SYN_SENT ESTABLISHED'`. */
export function pathOf(flow: Flow, side: Side): string {
  const changes = flow.timeline.filter((t) => t.endpoint === side);
  changes.forEach((change, i) => {
    if (i > 0 && change.from !== changes[i - 1].to) throw new Error(`${side} jumps from ${changes[i - 1].to}`);
  });
  return [...changes.slice(0, 1).map((t) => t.from ?? '?'), ...changes.map((t) => t.to)].join(' ');
}

/** When an end first came into a state, in seconds since the story's start. */
export function moment(
  flow: Flow,
  side: Side,
  state: TcpState,
): { readonly at: number; readonly earliest: number | null; readonly latest: number | null; readonly basis: string } {
  const change = flow.timeline.find((t) => t.endpoint === side && t.to === state);
  if (change === undefined) throw new Error(`the ${side} is never in ${state}: ${pathOf(flow, side)}`);
  const seconds = (time: number): number => flow.clock.epochSeconds - EPOCH + time / 1e9;
  return {
    at: seconds(change.at),
    earliest: change.earliest === null ? null : seconds(change.earliest),
    latest: change.latest === null ? null : seconds(change.latest),
    basis: change.basis,
  };
}

/** Kinds of what was found, in the order of the report. */
export const kindsOf = (flow: Flow): string[] => flow.findings.map((f) => f.kind);

/** 2026-11-20 12:00:00 UTC. */
const EPOCH = 1_795_176_000;
/** From a host's stack to the tap on the same host. */
const TO_TAP = 15_000;
const UNITS: Readonly<Record<Unit, number>> = { us: 1e3, ms: 1e6, s: 1e9, min: 60e9, h: 3600e9 };
/** What the ends' clocks of milliseconds show at the story's start. */
const CLOCKS = { client: 1_259_506_786, server: 3_729_932_293 } as const;
const WINDOW_SCALE = 7;
const DO_NOT_FRAGMENT = 0x4000;
/** Who has 10.0.0.77: a frame that belongs to no connection. */
const ANOTHER_HOST = ethernetFrame(
  Uint8Array.from([0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 9, 10, 0, 0, 9, 0, 0, 0, 0, 0, 0, 10, 0, 0, 77]),
  { etherType: 0x0806 },
);
const LETTERS: Readonly<Record<string, string>> = { SYN: 'S', ACK: 'A', PSH: 'P', FIN: 'F', RST: 'R' };

/** A line that has been played. */
interface Sent {
  readonly from: Side | 'router';
  readonly time: number;
  readonly details: Details;
  readonly data: Uint8Array;
}

/** A segment on its way. Sequence numbers do not wrap here. */
interface Flight {
  readonly to: Side;
  readonly arrival: number;
  readonly syn: boolean;
  readonly rst: boolean;
  readonly fin: boolean;
  readonly seq: number;
  readonly end: number;
  readonly ack: number | null;
  readonly tsVal: number;
  readonly ignored: boolean;
}

function passes(tap: Tap, from: Side | 'router', { lost }: Details): boolean {
  if (from === 'router') return tap !== 'server';
  return lost === undefined || (tap === 'middle' ? lost === true : tap === from);
}

function duration(text: Duration): number {
  const [, amount, unit] = /^([\d.]+)(us|ms|s|min|h)$/.exec(text) ?? [];
  if (amount === undefined) throw new Error(`no duration: ${text}`);
  return Number(amount) * UNITS[unit as Unit];
}

function play(setting: Setting, oneWay: number, lines: readonly Line[]): Sent[] {
  const ends = { client: new End('client', setting), server: new End('server', setting) };
  const inFlight: Flight[] = [];
  const deliverUntil = (time: number): void => {
    inFlight.sort((a, b) => a.arrival - b.arrival);
    while (inFlight.length > 0 && inFlight[0].arrival <= time) {
      const flight = inFlight.shift();
      if (flight && !flight.ignored) ends[flight.to].receive(flight);
    }
  };
  let lastFromClient: TcpFrameFields | null = null;
  const sent = new Map<number, Sent>();
  for (const { index, time } of timesOf(oneWay, lines)) {
    deliverUntil(time);
    const line = lines[index];
    const details = line[3] ?? {};
    if (line[1] === 'router') {
      if (lastFromClient === null) throw new Error('an ICMP error needs a segment to quote');
      sent.set(index, { from: 'router', time, details, data: icmpError(line[2], lastFromClient, details) });
      continue;
    }
    const [, from, what] = line;
    const { fields, flight } = ends[from].send(what, time, details);
    if (from === 'client') lastFromClient = fields;
    if (!details.lost) {
      const arrival = time + oneWay + duration(details.delayed ?? '0us');
      inFlight.push({ ...flight, arrival, ignored: details.ignored === true });
    }
    sent.set(index, { from, time, details, data: tcpFrame(fields) });
  }
  return [...sent.values()];
}

/** When each line happens; in that order, which need not be the table's. */
function timesOf(oneWay: number, lines: readonly Line[]): { index: number; time: number }[] {
  let before: { from: string; time: number; delay: number } | null = null;
  const times = lines.map(([when, from, , details], index) => {
    let time: number;
    if (typeof when === 'number') {
      time = Math.round(when * 1e9);
    } else {
      if (before === null) throw new Error('the first line needs a time of its own');
      const way = before.from === from ? 0 : from === 'router' ? oneWay / 2 : oneWay + before.delay;
      time = before.time + way + duration(when.slice(1) as Duration);
    }
    before = { from, time, delay: duration(details?.delayed ?? '0us') };
    return { index, time };
  });
  return times.sort((a, b) => a.time - b.time || a.index - b.index);
}

function icmpError(what: string, quoted: TcpFrameFields, { seq }: Details): Uint8Array {
  const [, type, code] = /^ICMP (\d+)\/(\d+)$/.exec(what) ?? [];
  const packet = tcpPacket(seq === undefined ? quoted : { ...quoted, seq: ISN.client + seq });
  return icmpErrorFrame({
    from: '10.0.9.1',
    to: quoted.from.slice(0, quoted.from.lastIndexOf(':')),
    type: Number(type),
    code: Number(code),
    quoted: packet,
  });
}

/** What an end knows of the other one's sequence numbers. */
interface Peer {
  readonly isn: number;
  /** The next one expected. */
  next: number;
  /** Segments beyond a hole. */
  held: readonly { readonly seq: number; readonly end: number }[];
  tsVal: number;
  finished: boolean;
}

/** One end, as far as it decides what is in a header. */
class End {
  readonly #side: Side;
  readonly #setting: Setting;
  #isn: number;
  /** One past the highest sequence number sent. */
  #next: number;
  /** Sequence number of the FIN, once sent. */
  #fin: number | null = null;
  #peer: Peer | null = null;
  /** A SYN of another incarnation, to be taken up by a SYN+ACK. */
  #newcomer: Peer | null = null;
  /** The highest of its own numbers that was acknowledged. */
  #acked = 0;
  #lastAckSent = 0;
  #ipId: number;
  #lastHeard: Flight | null = null;

  constructor(side: Side, setting: Setting) {
    this.#side = side;
    this.#setting = setting;
    this.#isn = ISN[side];
    this.#next = this.#isn;
    this.#ipId = side === 'client' ? 14_231 : 40_118;
  }

  receive(flight: Flight): void {
    this.#lastHeard = flight;
    if (flight.rst) return;
    const synchronized = this.#acked > this.#isn;
    if (flight.ack !== null) this.#acked = Math.max(this.#acked, flight.ack);
    if (flight.syn) this.#receiveSyn(flight, synchronized);
    else if (this.#peer !== null) this.#receiveOrdinary(this.#peer, flight);
  }

  #receiveSyn({ seq, end, tsVal, ack }: Flight, synchronized: boolean): void {
    const peer = { isn: seq, next: end, held: [], tsVal, finished: false };
    if (this.#peer === null) this.#peer = peer;
    else if (this.#peer.isn !== seq) this.#newcomer = peer;
    // A repeated SYN does not change the remembered timestamp; the SYN+ACK of a simultaneous open does.
    else if (ack !== null && !synchronized) this.#peer.tsVal = tsVal;
  }

  #receiveOrdinary(peer: Peer, { seq, end, tsVal, fin }: Flight): void {
    const inTimeWait = peer.finished && this.#fin !== null && this.#acked > this.#fin;
    // RFC 7323, section 4.3, and net/ipv4/tcp_input.c, tcp_sequence() and tcp_replace_ts_recent().
    if (!inTimeWait && seq <= this.#lastAckSent && end >= this.#lastAckSent) peer.tsVal = Math.max(peer.tsVal, tsVal);
    const held = [...peer.held, { seq, end }].sort((a, b) => a.seq - b.seq);
    for (const piece of held) {
      if (piece.seq <= peer.next) peer.next = Math.max(peer.next, piece.end);
    }
    peer.held = held.filter((piece) => piece.end > peer.next);
    if (fin && peer.next >= end) peer.finished = true;
  }

  send(what: string, time: number, details: Details): { fields: TcpFrameFields; flight: Omit<Flight, 'arrival'> } {
    const words = what.split(' ');
    const length = Number(words.find((word) => /^\d+$/.test(word)) ?? 0);
    const has = (flag: string): boolean => words.includes(flag);
    if (details.isn !== undefined && details.isn !== this.#isn) this.#startAgain(details.isn, has('ACK'));

    const socketless = has('RST') && (!has('ACK') || has('refused'));
    const { seq: usual, ack } = socketless ? this.#answerWithoutSocket(has('ACK')) : this.#numbers(has, length);
    const seq = details.seq === undefined ? usual : this.#isn + details.seq;
    const end = seq + length + (has('SYN') ? 1 : 0) + (has('FIN') ? 1 : 0);
    if (has('FIN')) this.#fin = end - 1;
    if (!has('RST')) this.#next = Math.max(this.#next, end);
    const acked = details.ack === undefined || this.#peer === null ? ack : this.#peer.isn + details.ack;
    if (acked !== null) this.#lastAckSent = acked;

    const tsVal = details.tsVal ?? Math.floor(time / 1e6);
    return {
      fields: {
        from: this.#address(this.#side),
        to: this.#address(this.#side === 'client' ? 'server' : 'client'),
        flags: words.map((word) => LETTERS[word] ?? '').join(''),
        seq: seq >>> 0,
        ack: (acked ?? 0) >>> 0,
        window: details.window ?? this.#window(has, socketless),
        payload: length,
        options: socketless ? {} : this.#options(has, tsVal, details),
        // Linux counts per socket; what it sends without one has none.
        ipId: details.ipId ?? (socketless || (has('SYN') && has('ACK')) ? 0 : this.#ipId++),
        fragment: DO_NOT_FRAGMENT,
      },
      flight: {
        to: this.#side === 'client' ? 'server' : 'client',
        syn: has('SYN'),
        rst: has('RST'),
        fin: has('FIN'),
        seq,
        end,
        ack: acked,
        tsVal,
        ignored: false,
      },
    };
  }

  #startAgain(isn: number, answering: boolean): void {
    this.#isn = isn;
    this.#next = isn;
    this.#fin = null;
    this.#acked = 0;
    this.#peer = answering ? (this.#newcomer ?? this.#peer) : null;
    this.#newcomer = null;
  }

  #numbers(has: (flag: string) => boolean, length: number): { seq: number; ack: number | null } {
    const again = has('FIN') && this.#fin !== null ? this.#fin - length : this.#next;
    return { seq: has('SYN') ? this.#isn : again, ack: has('ACK') ? (this.#peer?.next ?? 0) : null };
  }

  #answerWithoutSocket(acknowledges: boolean): { seq: number; ack: number | null } {
    const heard = this.#lastHeard;
    if (heard === null) throw new Error(`the ${this.#side} has heard nothing that it could answer`);
    return acknowledges ? { seq: 0, ack: heard.end } : { seq: heard.ack ?? 0, ack: null };
  }

  #address(side: Side): string {
    return this.#setting[side] ?? (side === 'client' ? '10.0.0.1:40112' : '10.0.0.2:8080');
  }

  #uses(option: 'timestamps' | 'sack' | 'window scale'): boolean {
    return !this.#setting.without?.includes(option);
  }

  #window(has: (flag: string) => boolean, socketless: boolean): number {
    if (socketless) return 0;
    if (has('SYN')) return has('ACK') ? 65_160 : 64_240;
    return this.#uses('window scale') ? 64_256 >> WINDOW_SCALE : 64_240;
  }

  #options(has: (flag: string) => boolean, tsVal: number, details: Details): TcpOptions {
    const peer = this.#peer;
    const other = this.#side === 'client' ? 'server' : 'client';
    const echo = !has('ACK') || peer === null ? 0 : CLOCKS[other] + (details.tsEcr ?? peer.tsVal);
    return {
      ...(has('SYN') && { mss: 1460, sackPermitted: this.#uses('sack') }),
      ...(this.#uses('timestamps') && { timestamps: [(CLOCKS[this.#side] + tsVal) >>> 0, echo >>> 0] }),
      ...(has('SYN') &&
        this.#uses('window scale') &&
        details.windowScale !== null && { windowScale: details.windowScale ?? WINDOW_SCALE }),
      ...(details.sack && {
        sack: details.sack.map(([l, r]) => [((peer?.isn ?? 0) + l) >>> 0, ((peer?.isn ?? 0) + r) >>> 0]),
      }),
      ...(details.fastOpen && { fastOpen: details.fastOpen }),
    };
  }
}
