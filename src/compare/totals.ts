import type { Time } from '../connection/model.js';
import { SECOND } from '../connection/time.js';
import type {
  ComparedFlow,
  Comparison,
  DelaySample,
  FlowClock,
  LossByClass,
  PathFates,
  SegmentClass,
  TapIndex,
} from './compared-flow.js';
import type { PathEvidence, Span } from './fates.js';
import { S } from './flow-sides.js';
import { L, LINK } from './links.js';
import type { Matcher } from './matcher.js';

/** What is known at the end, besides the totals. */
export interface Rest {
  readonly captures: Comparison['captures'];
  readonly matches: number;
  readonly simultaneous: number;
  readonly spans: readonly [Span | null, Span | null];
  readonly clock: FlowClock | null;
}

/** Stretches of time that delays are told for. */
const MOST_SAMPLES = 128;

/** Delays over time: stretches that grow as the capture does. */
class DelaySeries {
  #width: Time = SECOND;
  readonly #least: number[] = [];
  readonly #most: number[] = [];
  readonly #sum: number[] = [];
  readonly #count: number[] = [];

  add(at: Time, { least, mean, most }: { least: number; mean: number; most: number }, segments: number): void {
    let slot = Math.max(0, Math.floor(at / this.#width));
    while (slot >= MOST_SAMPLES) {
      this.#halve();
      slot = Math.floor(at / this.#width);
    }
    this.#least[slot] = Math.min(this.#least[slot] ?? Number.POSITIVE_INFINITY, least);
    this.#most[slot] = Math.max(this.#most[slot] ?? Number.NEGATIVE_INFINITY, most);
    this.#sum[slot] = (this.#sum[slot] ?? 0) + mean * segments;
    this.#count[slot] = (this.#count[slot] ?? 0) + segments;
  }

  samples(): DelaySample[] {
    const samples: DelaySample[] = [];
    this.#count.forEach((segments, i) => {
      const [least, most] = [this.#least[i], this.#most[i]];
      samples.push({ at: i * this.#width, least, mean: this.#sum[i] / segments, most, segments });
    });
    return samples;
  }

  #halve(): void {
    this.#width *= 2;
    for (const [values, join] of [
      [this.#least, Math.min],
      [this.#most, Math.max],
      [this.#sum, (a: number, b: number) => a + b],
      [this.#count, (a: number, b: number) => a + b],
    ] as const) {
      const before = values.splice(0);
      before.forEach((value, i) => {
        const known = values[i >> 1];
        values[i >> 1] = known === undefined ? value : join(known, value);
      });
    }
  }
}

/** Adds up what became of all segments, by the direction between the taps: from the first to the second, and back. */
export class Totals {
  readonly #flows = { both: 0, first: 0, second: 0 };
  readonly #delivered: [number, number] = [0, 0];
  readonly #injected: [number, number] = [0, 0];
  readonly #lost: [Partial<Record<SegmentClass, number>>, Partial<Record<SegmentClass, number>>] = [{}, {}];
  readonly #delays = [new DelaySeries(), new DelaySeries()] as const;

  add(flow: ComparedFlow, { ended, clientTap }: PathEvidence): void {
    this.#flows[ended[0] === null ? 'second' : ended[1] === null ? 'first' : 'both']++;
    if (flow.fates === null) return;
    const [toServer, toClient] = clientTap === 0 ? ([0, 1] as const) : ([1, 0] as const);
    this.#addPath(toServer, flow.start, flow.fates.clientToServer);
    this.#addPath(toClient, flow.start, flow.fates.serverToClient);
  }

  /** A connection that was sound at both taps. */
  addSound(matcher: Matcher, tap: TapIndex, record: number, link: number): void {
    this.#flows.both++;
    const bits = matcher.links.i32[matcher.links.at(link) + L.bits];
    const forward = (bits & LINK.forward1) !== 0 ? 1 : 0;
    const own = matcher.sides[tap];
    const at = own.at(record);
    const their = matcher.sides[1 - tap];
    const there = their.at(own.i32[at + S.partner]);
    for (let d = 0; d < 2; d++)
      this.#delivered[d === forward ? 0 : 1] += own.i32[at + S.delivered + d] + their.i32[there + S.delivered + d];
  }

  comparison({ captures, matches, simultaneous, spans, clock }: Rest): Comparison {
    const [a, b] = spans;
    const both = a !== null && b !== null;
    const from = both ? Math.max(a.from, b.from) : null;
    const until = both ? Math.min(a.until, b.until) : null;
    const kind = matches === 0 ? 'nothing' : simultaneous === matches ? 'same-recording' : 'together';
    return {
      captures,
      overlap: { kind, from, until },
      clock,
      flows: this.#flows,
      delivered: this.#delivered,
      lost: this.#lost as readonly [LossByClass, LossByClass],
      injected: this.#injected,
      delays: [this.#delays[0].samples(), this.#delays[1].samples()],
    };
  }

  #addPath(direction: 0 | 1, at: Time, fates: PathFates): void {
    this.#delivered[direction] += fates.delivered;
    this.#injected[direction] += fates.injected.length + fates.injectedMore;
    for (const { class: of } of fates.lost) this.#lost[direction][of] = (this.#lost[direction][of] ?? 0) + 1;
    if (fates.delay !== null) this.#delays[direction].add(at, fates.delay, fates.delivered);
  }
}
