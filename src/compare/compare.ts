import { Distances } from '../connection/distances.js';
import { I, STRIDE } from '../connection/flow-record.js';
import type { Clock, Time } from '../connection/model.js';
import { OrdinaryEnd } from '../connection/postmortem/ordinary.js';
import { SECOND } from '../connection/time.js';
import { Tracker } from '../connection/tracker.js';
import { ICMP_ERROR, TCP } from '../decode/decoder.js';
import { DEFAULT_MAX_FLOWS, FULL_DETAIL, lingerOf, type Options, Settings } from '../options.js';
import { coarseOffset } from './coarse-offset.js';
import type { ComparedFlow, Comparison, TapIndex } from './compared-flow.js';
import { type ComposeContext, compose } from './compose.js';
import { agreeOnRoles, type EndedFlow, readEnded } from './ended-flow.js';
import type { PathEvidence, Span } from './fates.js';
import { S } from './flow-sides.js';
import { L } from './links.js';
import { Matcher } from './matcher.js';
import { type MiddleCapture, type MiddleTap, middleTap } from './middle-tap.js';
import { ReferenceClock } from './reference-clock.js';
import { TapReader } from './tap-reader.js';
import { Totals } from './totals.js';

/** Flows of one link that wait for their other half. */
const MOST_WAITING = 8;
/** Hosts whose side is remembered. */
const MOST_HOSTS = 50_000;

export interface CompareOptions extends Options {
  /** A third capture, taken between the two sides: what was lost is told by the stretch of the path. */
  readonly middle?: MiddleCapture;
}

/** Connections in the order in which they end; `comparison()` is complete when the iteration is done. */
export interface ComparedFlowStream extends AsyncIterable<ComparedFlow> {
  comparison(): Comparison;
}

/**
 * Compares two captures of the same connections, one from each side; each may be a series of files. Both are read once to
 * find out how their clocks differ, as far as that takes, and then in step.
 * @param ordinary told of sound connections, which are not yielded then, unless flows are selected
 * @throws FilterError, SysctlError (at once) where an option cannot be understood
 */
export function compare(
  first: string | readonly string[],
  second: string | readonly string[],
  options: CompareOptions = {},
  ordinary: (() => void) | null = null,
): ComparedFlowStream {
  const { middle: third, ...plain } = options;
  const settings = new Settings(plain);
  const whole = options.filter !== undefined || options.select !== undefined;
  const [one, other] = [first, second].map((side) => (typeof side === 'string' ? [side] : side));
  const paths = [one, other] as const;
  let run: Run | null = null;
  async function* iterate(): AsyncGenerator<ComparedFlow> {
    const coarse = await coarseOffset(one, other, options);
    const middle = third === undefined ? null : await middleTap(third, paths, plain, compare);
    run = new Run(paths, settings, coarse, middle, whole ? null : ordinary);
    yield* run.flows();
  }
  const stream = iterate();
  return {
    [Symbol.asyncIterator]: () => stream,
    comparison: () => {
      if (run === null) throw new Error('the comparison is told of when the flows are read');
      return run.comparison();
    },
  };
}

/** One reading of both captures in step. */
class Run {
  readonly #taps: readonly [TapReader, TapReader];
  readonly #trackers: readonly [Tracker, Tracker];
  readonly #ordinaryEnds: readonly [OrdinaryEnd, OrdinaryEnd];
  readonly #distances: readonly [Distances, Distances] = [new Distances(), new Distances()];
  readonly #matcher: Matcher;
  readonly #ready: ComparedFlow[] = [];
  /** Flows that are over, by link. */
  readonly #ended = new Map<number, EndedFlow[]>();
  /** Of hosts' addresses: the tap on their side. */
  readonly #near = new Map<number | string, TapIndex>();
  readonly #totals = new Totals();
  #clock = new ReferenceClock(0);
  #number = 0;
  /** Flows of either tap that were given up. */
  #givenUp = 0;

  constructor(
    readonly paths: readonly [readonly string[], readonly string[]],
    readonly settings: Settings,
    readonly coarse: Time | null,
    readonly middle: MiddleTap | null,
    readonly ordinary: (() => void) | null,
  ) {
    const { profiles, options, thresholds } = settings;
    const tracker = (tap: TapIndex): Tracker =>
      new Tracker({
        detail: options.detail === 'full' ? FULL_DETAIL : 0,
        linger: lingerOf(profiles),
        maxFlows: options.maxFlows ?? DEFAULT_MAX_FLOWS,
        onEnd: (record) => this.#end(tap, record, true),
        onGiveUp: (record) => this.#end(tap, record, false),
      });
    this.#taps = [new TapReader(paths[0], options), new TapReader(paths[1], options)];
    this.#trackers = [tracker(0), tracker(1)];
    const ordinaryEnd = (tap: TapIndex): OrdinaryEnd =>
      new OrdinaryEnd(this.#trackers[tap], profiles, {
        handshake: thresholds.slowHandshake * SECOND,
        closeWait: thresholds.closeWait * SECOND,
      });
    this.#ordinaryEnds = [ordinaryEnd(0), ordinaryEnd(1)];
    this.#matcher = new Matcher([this.#trackers[0].table, this.#trackers[1].table], {
      difference: (time) => this.#clock.difference(time),
      forward: (time, difference) => this.#clock.forward(time, difference),
      backward: (time, difference) => this.#clock.backward(time, difference),
    });
  }

  async *flows(): AsyncGenerator<ComparedFlow> {
    const [a, b] = this.#taps;
    const { onProgress, signal } = this.settings.options;
    try {
      let hasA = await a.advance(onProgress);
      let hasB = await b.advance(onProgress);
      this.#clock = new ReferenceClock(this.coarse ?? -this.#epochs * SECOND);
      while (hasA || hasB) {
        let lead = this.#clock.difference(hasA ? a.time : 0);
        while (hasA && hasB) {
          if (a.time <= b.time - lead) {
            this.#take(0);
            hasA = a.step();
          } else {
            this.#take(1);
            hasB = b.step();
          }
        }
        // Near the ends of chunks, and where one capture is over.
        while (hasA && b.done) {
          this.#take(0);
          hasA = a.step();
        }
        while (hasB && a.done) {
          this.#take(1);
          hasB = b.step();
        }
        this.#clock.fit();
        lead = this.#clock.difference(a.time);
        if (!hasA && !a.done) hasA = await a.advance(onProgress);
        if (!hasB && !b.done) hasB = await b.advance(onProgress);
        yield* this.#drain();
        signal?.throwIfAborted();
      }
      yield* this.#endAll();
      if (this.#givenUp > 0) this.settings.options.onGivenUp?.(this.#givenUp);
    } finally {
      await a.close();
      await b.close();
    }
  }

  comparison(): Comparison {
    return this.#totals.comparison({
      captures: [this.#taps[0].summaries(), this.#taps[1].summaries()],
      matches: this.#matcher.matches,
      simultaneous: this.#matcher.simultaneous,
      spans: this.#spans(),
      clock: this.#clock.at(this.#taps[0].first, this.#epochs, true),
    });
  }

  /** Seconds between the epochs from which the two taps count. */
  get #epochs(): number {
    const [a, b] = this.#taps;
    return a.clock === null || b.clock === null ? 0 : b.clock.epochSeconds - a.clock.epochSeconds;
  }

  #take(tap: TapIndex): void {
    const reader = this.#taps[tap];
    const found = reader.decode();
    if (found !== TCP && found !== ICMP_ERROR) return;
    const { segment, time, number } = reader;
    segment.time = time;
    segment.frame = number;
    if (found === TCP) {
      this.#trackers[tap].segment(segment);
      this.#matcher.segment(tap, segment, time, number);
    } else {
      this.#trackers[tap].icmpError(segment);
    }
  }

  /** What is left ends with the captures: at both taps in turn, so that halves need not wait long. */
  *#endAll(): Generator<ComparedFlow> {
    const ends = this.#trackers.map((tracker) => tracker.end());
    let going = true;
    while (going) {
      going = false;
      for (const end of ends) if (!end.next().done) going = true;
      yield* this.#drain();
    }
  }

  *#drain(): Generator<ComparedFlow> {
    yield* this.#ready;
    this.#ready.length = 0;
  }

  /** A tracker tells that a flow is over, or `followed` no longer. */
  #end(tap: TapIndex, record: number, followed: boolean): void {
    const matcher = this.#matcher;
    const sides = matcher.sides[tap];
    const number = this.#trackers[tap].table.i32[record * STRIDE + I.number];
    if (sides.numberOf(record) !== number) return;
    const at = sides.at(record);
    const link = sides.i32[at + S.link];
    const at32 = matcher.links.at(link);
    if (matcher.pendingOf(link) > 0) matcher.settle(link, false);
    const quiet = sides.i32[at + S.quiet] === 1;
    if (!followed) this.#givenUp++;
    else if (!quiet && !this.#isSound(tap, record, link)) {
      agreeOnRoles(matcher, this.#trackers, this.#clock, tap, record);
      const ended = readEnded(tap, record, this.#trackers[tap], matcher, this.#taps[tap].newest);
      const waiting = this.#ended.get(link);
      if (waiting === undefined) this.#ended.set(link, [ended]);
      else waiting.push(ended);
    }
    sides.i32[at + S.number] = 0;
    const over = --matcher.links.i32[at32 + L.alive] === 0;
    this.#emit(link, over);
    if (over) matcher.release(link);
  }

  /** Whether a connection is sound at both taps and nothing happened on the way: then it is counted, and that is all. */
  #isSound(tap: TapIndex, record: number, link: number): boolean {
    if (this.ordinary === null) return false;
    const matcher = this.#matcher;
    const other: TapIndex = tap === 0 ? 1 : 0;
    const [own, their] = [matcher.sides[tap], matcher.sides[other]];
    const at = own.at(record);
    const partner = own.i32[at + S.partner];
    const partnerNumber = own.i32[at + S.partnerNumber];
    if (partnerNumber === 0 || their.numberOf(partner) !== partnerNumber || matcher.pendingOf(link) > 0) return false;
    if (matcher.unmatched[tap].has(own.i32[at + S.number]) || matcher.unmatched[other].has(partnerNumber)) return false;
    if (matcher.rewriting.has(link)) return false;
    const there = their.at(partner);
    for (let word = S.copies; word < S.quiet; word++)
      if (own.i32[at + word] !== 0 || their.i32[there + word] !== 0) return false;
    if (!this.#ordinaryEnds[other].read(partner, this.#taps[other].newest)) return false;
    if (!this.#ordinaryEnds[tap].read(record, this.#taps[tap].newest)) return false;
    their.i32[there + S.quiet] = 1;
    this.#totals.addSound(matcher, tap, record, link);
    this.#number++;
    this.ordinary();
    return true;
  }

  /** Composes what is complete of a link; all of it where it is over. */
  #emit(link: number, over: boolean): void {
    const waiting = this.#ended.get(link);
    if (waiting === undefined) return;
    const complete = waiting.some((f) => waiting.some((g) => isOne(f, g)));
    if (!over && !complete && waiting.length < MOST_WAITING) return;
    this.#matcher.settle(link, over);
    for (let i = 0; i < waiting.length; ) {
      const flow = waiting[i];
      const partner = waiting.findIndex((other) => isOne(flow, other));
      if (partner < 0 && !over && waiting.length < MOST_WAITING) {
        i++;
        continue;
      }
      const other = partner < 0 ? null : waiting[partner];
      if (partner > i) waiting.splice(partner, 1);
      waiting.splice(i, 1);
      this.#compose(link, flow.tap === 0 ? [flow, other] : [other, flow]);
    }
    if (waiting.length === 0) this.#ended.delete(link);
  }

  #compose(link: number, ended: readonly [EndedFlow | null, EndedFlow | null]): void {
    const matcher = this.#matcher;
    const unmatched = ended.map((flow) => flow && matcher.unmatched[flow.tap].get(flow.number));
    for (const flow of ended) if (flow !== null) matcher.unmatched[flow.tap].delete(flow.number);
    const evidence: PathEvidence = {
      ended,
      unmatched: [unmatched[0] ?? undefined, unmatched[1] ?? undefined],
      spans: this.#spans(),
      clock: this.#clock,
      clientTap: this.#clientTap(ended),
      middle: this.middle,
    };
    const covered = (ended[0] !== null && ended[1] !== null) || this.#isCovered(evidence);
    const rewriting = matcher.rewriting.get(link)?.describe() ?? [];
    const flow = compose(++this.#number, evidence, covered, rewriting, this.#context());
    this.#totals.add(flow, evidence);
    if (this.settings.selects(flow)) this.#ready.push(flow);
  }

  /** The tap on the client's side: what goes from the first tap to the second shows it, or other connections of the host do. */
  #clientTap(ended: readonly [EndedFlow | null, EndedFlow | null]): TapIndex {
    const known = ended[0] ?? ended[1];
    if (known === null) return 0;
    const { client, server } = known.history.hosts;
    if (known.forward >= 0) {
      const tap: TapIndex = known.forward === known.clientDirection ? 0 : 1;
      if (this.#near.size < MOST_HOSTS) this.#near.set(client, tap).set(server, tap === 0 ? 1 : 0);
      return tap;
    }
    const near = this.#near.get(client);
    if (near !== undefined) return near;
    return this.#near.get(server) === 0 ? 1 : 0;
  }

  /**
   * Whether the other capture would hold a connection that it does not: it knows the host on its side (or nothing at all),
   * and the connection's own side has not been answered by that host.
   */
  #isCovered(evidence: PathEvidence): boolean {
    const flow = evidence.ended[0] ?? evidence.ended[1];
    if (flow === null) return false;
    const other: TapIndex = flow.tap === 0 ? 1 : 0;
    const near = evidence.clientTap === other ? 'client' : 'server';
    // What only a host that takes part sends: anybody can send a SYN in the name of another.
    const answered = flow.history.segments.some(
      (s) => s.from === near && s.icmp === null && !s.isRst && !(s.isSyn && near === 'client'),
    );
    return !answered && this.#matcher.knows(other, flow.history.hosts[near]);
  }

  #spans(): readonly [Span | null, Span | null] {
    const span = (tap: TapIndex): Span | null => {
      const reader = this.#taps[tap];
      if (reader.clock === null) return null;
      return { from: this.#clock.toReference(tap, reader.first), until: this.#clock.toReference(tap, reader.newest) };
    };
    return [span(0), span(1)];
  }

  #context(): ComposeContext {
    const [a, b] = this.#taps;
    const reference: Clock = a.clock ?? b.clock ?? { epochSeconds: 0, digits: 6 };
    return {
      profiles: this.settings.profiles,
      thresholds: this.settings.thresholds,
      distances: this.#distances,
      captures: this.paths,
      clocks: [a.clock, b.clock],
      reference,
      epochs: this.#epochs,
    };
  }
}

/** The two halves of one connection. */
const isOne = (a: EndedFlow, b: EndedFlow): boolean =>
  a.tap !== b.tap && (a.partnerNumber === b.number || b.partnerNumber === a.number);
