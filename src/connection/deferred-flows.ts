import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Segment } from '../decode/segment.js';
import {
  BEGUN_IN_PAGES,
  CHUNK,
  CLOSED_FLOWS,
  CLOSED_RECORDS,
  COPIED,
  FORESEEN_HOSTS,
  MORE_PAGES,
  MOST_CLOSED_FLOWS,
  MOST_COPIED,
  MULTIPLIERS,
  MULTIPLIERS_BYTES,
  NUMBER,
  PAGE,
  PAGE_SHIFT,
  PAGES_COUNTED,
  RECORD_WORDS,
  RECORDS,
  SEGMENT_WORDS,
} from '../fast-path/layout.js';
import type { FlowRecords } from './flow-record.js';
import type { Time } from './model.js';

/** What src/fast-path/ exports. Addresses, numbers and places are words of 32 bits, times nanoseconds. */
interface FastPath {
  reset(): void;
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
  turnPage(place: number, address: number): void;
  countBegun(place: number, flows: number): void;
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

/** Those that nobody uses. To make one takes a millisecond and more, as does the analysis of a small capture. */
const unused: DeferredFlows[] = [];
/** Flows, and pages of their segments, up to which memory that was used is kept. */
const MOST_FLOWS_KEPT = 0x10000;
const MOST_PAGES_KEPT = 128;
/** Those that src/fast-path/asconfig.json names, in pages of 64 kB. */
const MEMORY = { initial: 19968, maximum: 65536, shared: true } as const;
/** It grows by 4 MB. */
const GROWTH = 64;
const PAGE_WORDS = SEGMENT_WORDS << PAGE_SHIFT;
const PAGE_BYTES = PAGE_WORDS * Int32Array.BYTES_PER_ELEMENT;
let compiled: WebAssembly.Module | null = null;

/**
 * The memory that deferred flows stand in, laid out as fast-path/layout.ts says, and what is done there in WebAssembly: an
 * analysis of 12 million segments takes little more than half of the time that it took when all of that was JavaScript.
 */
export class DeferredFlows implements FlowRecords {
  /** Shared with a thread that decodes ahead, if there is one. */
  readonly memory = new WebAssembly.Memory(MEMORY);
  readonly #buffer = this.memory.buffer;
  /** The records: those of flow 0 first. */
  readonly i32 = new Int32Array(this.#buffer, RECORDS);
  readonly f64 = new Float64Array(this.#buffer, RECORDS);
  /** The page of the journal that is written to where there is no memory for another one, or not yet. */
  readonly page = new Int32Array(this.#buffer, PAGE, PAGE_WORDS);
  /** How many flows have their oldest segment in each page of the journal. */
  readonly begunInPages = new Int32Array(this.#buffer, BEGUN_IN_PAGES, PAGES_COUNTED);
  /** The piece of a capture that `walk` walks through. */
  readonly chunk = new Uint8Array(this.#buffer, CHUNK, COPIED + MOST_COPIED);
  /** Flows that have closed on that walk, in every fourth word, and when, in every second double. */
  readonly closed = new Int32Array(this.#buffer, CLOSED_FLOWS, MOST_CLOSED_FLOWS * 4);
  readonly closedAt = new Float64Array(this.#buffer, CLOSED_FLOWS, MOST_CLOSED_FLOWS * 2);
  /** The lowest words of the addresses of flows that were foreseen. */
  readonly hosts = new Int32Array(this.#buffer, FORESEEN_HOSTS, MOST_CLOSED_FLOWS * 2);
  /** Called when the page is full, before the next segment is written. */
  onFullPage: () => void = () => {};
  readonly path: FastPath;
  /** Pages of the journal for which memory was asked. */
  #pages = 0;

  constructor() {
    // Keys come from strangers, who cannot choose such as have one hash unless they know by what it is made.
    new Uint8Array(this.#buffer, MULTIPLIERS, MULTIPLIERS_BYTES).set(randomBytes(MULTIPLIERS_BYTES));
    compiled ??= new WebAssembly.Module(readFileSync(new URL('../../dist/fast-path.wasm', import.meta.url)));
    const { exports } = new WebAssembly.Instance(compiled, {
      env: { memory: this.memory },
      journal: { takePage: () => this.onFullPage() },
    });
    // What src/fast-path/index.ts exports, which the compiler of TypeScript does not read.
    this.path = exports as unknown as FastPath;
  }

  /** Empty ones. */
  static acquire(): DeferredFlows {
    const flows = unused.pop() ?? new DeferredFlows();
    flows.path.reset();
    flows.#pages = 0;
    return flows;
  }

  /** They are not used any more. */
  release(): void {
    this.onFullPage = () => {};
    const { path } = this;
    const flows = Math.max(path.openEnd(), path.closedEnd() - CLOSED_RECORDS);
    if (flows <= MOST_FLOWS_KEPT && this.#pages <= MOST_PAGES_KEPT) unused.push(this);
  }

  /** @returns memory for one more page of the journal; null where there is none */
  addPage(): Int32Array | null {
    const begin = MORE_PAGES + this.#pages * PAGE_BYTES;
    try {
      if (begin + PAGE_BYTES > this.memory.buffer.byteLength) this.memory.grow(GROWTH);
    } catch (error) {
      if (error instanceof RangeError) return null;
      throw error;
    }
    this.#pages++;
    return new Int32Array(this.memory.buffer, begin, PAGE_WORDS);
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

  all(): Int32Array {
    const flows = new Int32Array(this.size);
    let length = 0;
    for (const { first, end } of this.ranges)
      for (let flow = first; flow < end; flow++)
        if (this.i32[flow * RECORD_WORDS + NUMBER] !== 0) flows[length++] = flow;
    return flows;
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
}
