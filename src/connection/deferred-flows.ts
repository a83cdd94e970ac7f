import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Segment } from '../decode/segment.js';
import {
  CHUNK,
  CLOSED_FLOWS,
  CLOSED_RECORDS,
  COPIED,
  MOST_CLOSED_FLOWS,
  MOST_COPIED,
  NUMBER,
  PAGE,
  PAGE_SHIFT,
  RECORD_WORDS,
  RECORDS,
  SECOND_LINE,
  SEGMENT_WORDS,
} from '../fast-path/layout.js';
import type { FlowRecords } from './flow-record.js';
import type { Time } from './model.js';

/** What src/fast-path/ exports. Addresses, numbers and places are words of 32 bits, times nanoseconds. */
interface FastPath {
  reset(seed: number): void;
  setSegment(
    time: Time,
    frame: number,
    source: number,
    destination: number,
    ports: number,
    seq: number,
    ack: number,
    flags: number,
    window: number,
    length: number,
    ipId: number,
    windowScale: number,
    hasTimestamps: boolean,
    tsVal: number,
    tsEcr: number,
    isUnusual: boolean,
  ): void;
  setIpv6Addresses(
    s0: number,
    s1: number,
    s2: number,
    s3: number,
    d0: number,
    d1: number,
    d2: number,
    d3: number,
    ports: number,
  ): void;
  /** 0 for none. */
  findOffered(): number;
  takeOffered(): number;
  /** 0 for no. */
  isOfferedSign(): number;
  /** 0 for no. */
  isFirst(): number;
  beginOffered(number: number, tcpStream: number): void;
  remove(flow: number): void;
  flow(): number;
  segmentsNeeded(): number;
  flowsInUse(): number;
  openEnd(): number;
  closedEnd(): number;
  journalEnd(): number;
  nextPlace(): number;
  turnPage(place: number): void;
  appendOffered(silence: Time, before: number): number;
  noteFollowed(): void;
  watchPort(port: number): void;
  setFraming(nanosecondsOfUnit: number, epochSeconds: number, interfaces: number): void;
  setLink(typeAt: number, headerLength: number): void;
  setDecoded(from: number, bytes: number): void;
  setPatience(handshake: Time, closeWait: Time): void;
  walk(
    from: number,
    to: number,
    frame: number,
    newest: Time,
    until: Time,
    due: Time,
    number: number,
    tcpStream: number,
    room: number,
  ): number;
  foresee(count: number): void;
  chunkPosition(): number;
  flowsBegun(): number;
  flowsClosed(): number;
  frame(): number;
  now(): Time;
}

/** Of the hashes of keys: these come from strangers. What is decoded for a thread on another one is hashed there. */
export const HASH_SEED = randomInt(0x7fffffff);

/** Those that nobody uses. To make one takes a millisecond and more, as does the analysis of a small capture. */
const unused: DeferredFlows[] = [];
/** Bytes of memory up to which one is kept: those with which 65,536 flows can have closed. */
const MOST_KEPT = RECORDS + SECOND_LINE + (CLOSED_RECORDS + 0x10000) * RECORD_WORDS * 4;
/** Those that src/fast-path/asconfig.json names, in pages of 64 kB. */
const MEMORY = { initial: 9536, maximum: 11520, shared: true } as const;
let compiled: WebAssembly.Module | null = null;

/**
 * The memory that deferred flows stand in, laid out as fast-path/layout.ts says, and what is done there in WebAssembly: an
 * analysis of 12 million segments takes little more than half of the time that it took when all of that was JavaScript.
 */
export class DeferredFlows implements FlowRecords {
  /** Shared with a thread that decodes ahead, if there is one. */
  readonly memory = new WebAssembly.Memory(MEMORY);
  /** The records: those of flow 0 first. */
  i32 = new Int32Array(0);
  f64 = new Float64Array(0);
  /** The page of the journal that is written to. */
  page = new Int32Array(0);
  /** The piece of a capture that `walk` walks through. */
  readonly chunk = new Uint8Array(this.memory.buffer, CHUNK, COPIED + MOST_COPIED);
  /** Flows that have closed on that walk, in every fourth word, and when, in every second double. */
  closed = new Int32Array(0);
  closedAt = new Float64Array(0);
  /** Called when the page is full, before the next segment is written. */
  onFullPage: () => void = () => {};
  readonly path: FastPath;
  #buffer: ArrayBuffer | null = null;

  constructor() {
    compiled ??= new WebAssembly.Module(readFileSync(new URL('../../dist/fast-path.wasm', import.meta.url)));
    const takePage = (): void => {
      this.view();
      this.onFullPage();
    };
    const { exports } = new WebAssembly.Instance(compiled, { env: { memory: this.memory }, journal: { takePage } });
    // What src/fast-path/index.ts exports, which the compiler of TypeScript does not read.
    this.path = exports as unknown as FastPath;
    this.view();
  }

  /** Empty ones. */
  static acquire(): DeferredFlows {
    const flows = unused.pop() ?? new DeferredFlows();
    flows.path.reset(HASH_SEED);
    return flows;
  }

  /** They are not used any more. */
  release(): void {
    this.onFullPage = () => {};
    if (this.memory.buffer.byteLength <= MOST_KEPT) unused.push(this);
  }

  get size(): number {
    return this.path.flowsInUse();
  }

  /** All flows are in one of these ranges; a record whose number is 0 is none. */
  get ranges(): readonly { readonly first: number; readonly end: number }[] {
    return [
      { first: 0, end: this.path.openEnd() },
      { first: CLOSED_RECORDS, end: this.path.closedEnd() },
    ];
  }

  *all(): Generator<number> {
    for (const { first, end } of this.ranges)
      for (let flow = first; flow < end; flow++) if (this.i32[flow * RECORD_WORDS + NUMBER] !== 0) yield flow;
  }

  /** Puts a segment under the cursor. */
  set(s: Segment): void {
    const { path } = this;
    const ports = (s.sourcePort << 16) | s.destinationPort;
    path.setSegment(
      s.time,
      s.frame,
      s.source3,
      s.destination3,
      ports,
      s.seq,
      s.ack,
      s.flags,
      s.window,
      s.length,
      s.ipId,
      s.windowScale,
      s.hasTimestamps,
      s.tsVal,
      s.tsEcr,
      s.sackCount !== 0 || s.fastOpen,
    );
    if (s.ipVersion !== 6) return;
    path.setIpv6Addresses(
      s.source0,
      s.source1,
      s.source2,
      s.source3,
      s.destination0,
      s.destination1,
      s.destination2,
      s.destination3,
      ports,
    );
  }

  /** Memory that has grown is another buffer: to be called when flows have closed. */
  view(): void {
    const { buffer } = this.memory;
    if (buffer === this.#buffer) return;
    this.#buffer = buffer;
    this.i32 = new Int32Array(buffer, RECORDS);
    this.f64 = new Float64Array(buffer, RECORDS);
    this.page = new Int32Array(buffer, PAGE, SEGMENT_WORDS << PAGE_SHIFT);
    this.closed = new Int32Array(buffer, CLOSED_FLOWS, MOST_CLOSED_FLOWS * 4);
    this.closedAt = new Float64Array(buffer, CLOSED_FLOWS, MOST_CLOSED_FLOWS * 2);
  }
}
