import { deflateSync } from 'node:zlib';
import type { FindingKind, Flow } from '../../findings/finding.js';
import { joinPath } from '../compare-fold.js';
import { joinSegments } from '../fold.js';
import { isCompared } from './compared-pack.js';
import type { DetailFacts } from './embedded.js';
import { type PackedFlow, packComparedFlow, packFlow } from './flow-pack.js';

/** Bytes of segments, compressed, above which those of connections without findings are left out. */
const LIMIT = 8_000_000;
/** The same for connections with findings, the first ones of each kind excepted. */
const MOST = 32_000_000;
const FIRST_ONES = 20;
/** JSON that is compressed as one block: the page opens a block to show one of its connections. */
const BLOCK_LENGTH = 1 << 18;
/** Segments of one connection that a page shows; of those between the first and the last ones, only how many they were. */
const FIRST_SEGMENTS = 600;
const LAST_SEGMENTS = 400;

/** The segments of connections, in compressed blocks, within bounds. */
export class FlowDetails {
  readonly #blocks = new Map<number, Uint8Array>();
  readonly #ordinary = new Gathering();
  readonly #telling = new Gathering();
  readonly #kinds = new Map<FindingKind, number>();
  #numbers = 0;
  #size = 0;
  #ordinaryLeftOut = false;
  #tellingLeftOut = 0;

  constructor(
    readonly limit = LIMIT,
    readonly most = MOST,
  ) {}

  /** Takes a connection in where there is room, and gives the number of its block; 0 for none. */
  add(flow: Flow): number {
    const telling = flow.findings.length > 0;
    if (telling ? !this.#hasRoom(flow) : this.#ordinaryLeftOut) return 0;
    const gathering = telling ? this.#telling : this.#ordinary;
    if (gathering.block === 0) gathering.block = ++this.#numbers;
    const { block } = gathering;
    gathering.add(JSON.stringify(packed(flow)));
    if (gathering.length >= BLOCK_LENGTH) this.#compress(gathering);
    return block;
  }

  /** Blocks by number; those that are missing were left out. */
  blocks(): ReadonlyMap<number, Uint8Array> {
    this.#compress(this.#ordinary);
    this.#compress(this.#telling);
    return this.#blocks;
  }

  facts(): DetailFacts {
    return {
      withFindings: this.#telling.flows,
      withoutFindings: this.#ordinaryLeftOut ? 0 : this.#ordinary.flows,
      ordinaryLeftOut: this.#ordinaryLeftOut,
      limit: this.limit,
      tellingLeftOut: this.#tellingLeftOut,
      most: this.most,
    };
  }

  /** Each kind of finding leads to some of its connections, however many others came before. */
  #hasRoom(flow: Flow): boolean {
    const { kind } = flow.findings[0];
    const before = this.#kinds.get(kind) ?? 0;
    this.#kinds.set(kind, before + 1);
    if (this.#size < this.most || before < FIRST_ONES) return true;
    this.#tellingLeftOut++;
    return false;
  }

  #compress(gathering: Gathering): void {
    const { block } = gathering;
    const json = gathering.take();
    if (block === 0 || (gathering === this.#ordinary && this.#ordinaryLeftOut)) return;
    const compressed = deflateSync(json);
    this.#blocks.set(block, compressed);
    gathering.blocks.push(block);
    this.#size += compressed.length;
    if (this.#size > this.limit) this.#leaveOutOrdinary();
  }

  #leaveOutOrdinary(): void {
    this.#ordinaryLeftOut = true;
    for (const block of this.#ordinary.blocks.splice(0)) {
      this.#size -= this.#blocks.get(block)?.length ?? 0;
      this.#blocks.delete(block);
    }
    this.#ordinary.take();
  }
}

/** JSON of connections that will become a block. */
class Gathering {
  block = 0;
  flows = 0;
  length = 0;
  readonly blocks: number[] = [];
  #items: string[] = [];

  add(json: string): void {
    this.#items.push(json);
    this.length += json.length;
    this.flows++;
  }

  take(): string {
    const json = `[${this.#items.join(',')}]`;
    this.#items = [];
    this.block = 0;
    this.length = 0;
    return json;
  }
}

const packed = (flow: Flow): PackedFlow =>
  isCompared(flow)
    ? packComparedFlow(flow, withoutMiddle(flow.path, joinPath))
    : packFlow(flow, withoutMiddle(flow.segments, joinSegments));

function withoutMiddle<T>(all: readonly T[], join: (middle: readonly T[]) => T): readonly T[] {
  if (all.length <= FIRST_SEGMENTS + LAST_SEGMENTS) return all;
  const last = all.length - LAST_SEGMENTS;
  return [...all.slice(0, FIRST_SEGMENTS), join(all.slice(FIRST_SEGMENTS, last)), ...all.slice(last)];
}
