import { readFileSync } from 'node:fs';
import type { Segment } from '../decode/segment.js';
import {
  CHUNK,
  COPIED,
  FIRST_CLOSED,
  FORESEEN_HOSTS,
  MOST_CLOSED,
  MOST_COPIED,
  MOST_NOTED_FLOWS,
  MULTIPLIERS,
  MULTIPLIERS_BYTES,
  NOTED_FLOWS,
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
  remove(flow: number, keepsPlace: boolean): void;
  flow(): number;
  flowsInUse(): number;
  recordsEnd(): number;
  /** -1 for none. */
  firstClosed(): number;
  noteLeaving(now: Time, linger: Time, most: number): number;
  dismiss(flow: number): void;
  closedBegin(): number;
  closedEnd(): number;
  bytesOfPages(): number;
  /** 0 for no. */
  isInUse(flow: number): number;
  /** 0 where the flow has left. */
  numberOf(flow: number): number;
  lastOf(flow: number): Time;
  bitsOf(flow: number): number;
  tellRecord(flow: number): number;
  tell(flow: number): void;
  noteFollowed(): void;
  watchPort(port: number): void;
  setFraming(nanosecondsOfUnit: number, epochSeconds: number, interfaces: number): void;
  setLink(typeAt: number, headerLength: number): void;
  setDecoded(from: number, bytes: number): void;
  setPatience(handshake: Time, closeWait: Time, silence: Time): void;
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
/** Open flows, and bytes of what stands in pages, up to which memory that was used is kept. */
const MOST_FLOWS_KEPT = 0x10000;
const MOST_BYTES_KEPT = 0x1000000;
/** Those that src/fast-path/asconfig.json names, in pages of 64 kB. */
const MEMORY = { initial: 17920, maximum: 65536, shared: true } as const;
let compiled: WebAssembly.Module | null = null;

/**
 * The memory that deferred flows stand in, laid out as fast-path/layout.ts says, and what is done there in WebAssembly: an
 * analysis of 12 million segments takes little more than half of the time that it took when all of that was JavaScript.
 */
export class DeferredFlows implements FlowRecords {
  /** Shared with a thread that decodes ahead, if there is one. */
  readonly memory = new WebAssembly.Memory(MEMORY);
  readonly #buffer = this.memory.buffer;
  readonly i32 = new Int32Array(this.#buffer);
  readonly f64 = new Float64Array(this.#buffer);
  /** The piece of a capture that `walk` walks through. */
  readonly chunk = new Uint8Array(this.#buffer, CHUNK, COPIED + MOST_COPIED);
  /** Flows that have closed on that walk, in every fourth word, and when, in every second double. */
  readonly closed = new Int32Array(this.#buffer, NOTED_FLOWS, MOST_NOTED_FLOWS * 4);
  readonly closedAt = new Float64Array(this.#buffer, NOTED_FLOWS, MOST_NOTED_FLOWS * 2);
  /** The lowest words of the addresses of flows that were foreseen, two each. */
  readonly hosts = new Int32Array(this.#buffer, FORESEEN_HOSTS, MOST_NOTED_FLOWS * 2);
  readonly path: FastPath;

  constructor() {
    // Keys come from strangers, who cannot choose such as have one hash unless they know by what it is made.
    const multipliers = new Uint32Array(this.#buffer, MULTIPLIERS, MULTIPLIERS_BYTES / 4);
    for (const index of multipliers.keys()) multipliers[index] = Math.floor(Math.random() * 2 ** 32);
    compiled ??= new WebAssembly.Module(readFileSync(new URL('../../dist/fast-path.wasm', import.meta.url)));
    const { exports } = new WebAssembly.Instance(compiled, {
      env: { memory: this.memory },
    });
    // What src/fast-path/index.ts exports, which the compiler of TypeScript does not read.
    this.path = exports as unknown as FastPath;
  }

  /** Empty ones. */
  static acquire(): DeferredFlows {
    const flows = unused.pop() ?? new DeferredFlows();
    flows.path.reset();
    return flows;
  }

  /** They are not used any more. */
  release(): void {
    const { path } = this;
    if (path.recordsEnd() <= MOST_FLOWS_KEPT && path.bytesOfPages() >>> 0 <= MOST_BYTES_KEPT) unused.push(this);
  }

  get size(): number {
    return this.path.flowsInUse();
  }

  /** Writes the names of all to the begin of `flows`. @returns how many they are */
  list(flows: Int32Array): number {
    const { path } = this;
    let length = 0;
    const add = (flow: number): void => {
      if (path.isInUse(flow) !== 0) flows[length++] = flow;
    };
    const recordsEnd = path.recordsEnd();
    for (let flow = 0; flow < recordsEnd; flow++) add(flow);
    const closedEnd = path.closedEnd();
    for (let closed = path.closedBegin(); closed !== closedEnd; closed = (closed + 1) | 0)
      add(FIRST_CLOSED + (closed & (MOST_CLOSED - 1)));
    return length;
  }

  /** @returns where a flow's record stands, in words: of a closed one, until another one's is asked for */
  recordAt(flow: number): number {
    return this.path.tellRecord(flow) / Int32Array.BYTES_PER_ELEMENT;
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
