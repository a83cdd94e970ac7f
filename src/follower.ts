import type { Frame } from './capture/frame.js';
import { FrameNames } from './capture/frame-names.js';
import type { RecordSpan } from './capture/record-span.js';
import type { CaptureInfo, PacketSource } from './capture/source.js';
import { DeferredCopies, recordsOf } from './connection/deferred-copies.js';
import { Distances } from './connection/distances.js';
import { I, STRIDE } from './connection/flow-record.js';
import type { Clock, Time } from './connection/model.js';
import { type History, readHistory } from './connection/postmortem/history.js';
import { OrdinaryEnd } from './connection/postmortem/ordinary.js';
import { soundConnection, withOwnSegments } from './connection/postmortem/sound-connection.js';
import { viewsOf } from './connection/postmortem/view.js';
import { LONG_SILENCE } from './connection/soundness.js';
import { SECOND } from './connection/time.js';
import { Tracker } from './connection/tracker.js';
import { type DecodeResult, ICMP_ERROR, TCP } from './decode/decoder.js';
import type { Segment } from './decode/segment.js';
import { diagnosedFlow } from './diagnosed-flow.js';
import type { Flow } from './findings/finding.js';
import { Membership } from './membership.js';
import { DEFAULT_MAX_FLOWS, FULL_DETAIL, lingerOf, type Settings } from './options.js';
import type { FrameSink, Reading } from './reading.js';

/**
 * Flows that wait to be taken before reading goes on. With a thousand, all that was made for them lived long enough to be moved
 * by the collector of garbage, time and again: an analysis of handshakes with loss took a fifth longer, and 100 MB more.
 */
const MOST_READY = 64;

/** Takes connections without incident in place of their post-mortems. */
export interface OnOrdinary<T> {
  /** Absent where it takes all: those that it does not are yielded. */
  takes?(flow: OrdinaryEnd): boolean;
  /** The object is overwritten by the next one. @returns what stands for the connection among the flows; null for nothing */
  end(flow: OrdinaryEnd, clock: Clock): T | null;
}

const takesAll = (ordinary: OnOrdinary<unknown> | null): boolean => ordinary !== null && ordinary.takes === undefined;

/** Sees every frame of the captures while they are followed. */
export interface FrameObserver {
  /** Whether the flows are diagnosed and yielded; false where only their frames matter. */
  readonly wantsFlows: boolean;
  /** Frames of this capture follow: where captures overlap in time, they take turns. */
  capture?(info: CaptureInfo): void;
  /**
   * @param number the frame's, counted through all captures
   * @param flow number of the flow that the frame is counted to; 0 for none, and then `membership` and `segment` say nothing
   * @param segment for an ICMP error (`icmpType` is not -1) what it quotes
   */
  frame(frame: Frame, number: number, flow: number, membership: Membership, segment: Segment, time: Time): void;
  /** After each chunk of a capture or turn: where a slow reader of the results is waited for. */
  flush?(): Promise<void>;
  /** A flow is complete; it is yielded later if it is `selected`. */
  end?(flow: number, selected: boolean): void;
}

/** Follows the connections of captures that are one stream. */
export class Follower<T> implements FrameSink {
  /** Connections that were given up. */
  #givenUp = 0;
  readonly #tracker: Tracker;
  readonly #ready: (Flow | T)[] = [];
  readonly #distances = new Distances();
  readonly #ordinaryEnd: OrdinaryEnd;
  readonly frameNames: FrameNames;
  /** Set where it matters which flow a frame belongs to. */
  readonly #membership: Membership | null;
  /** Flows of the frames that were asked for; null where none were. */
  readonly #framesFlows: Set<number> | null;
  /** Null before the first frame. */
  clock: Clock | null = null;
  /** Absent where each segment is looked at. */
  readonly walk?: (span: RecordSpan) => boolean;
  readonly memory: WebAssembly.Memory | null = null;
  readonly chunk: Uint8Array | null = null;
  #newest: Time = Number.NEGATIVE_INFINITY;
  /** Time of the last segment: all flows that are over by then have ended before the next one is taken. */
  #now: Time = Number.NEGATIVE_INFINITY;
  #source: PacketSource | null = null;

  constructor(
    readonly paths: readonly string[],
    readonly settings: Settings,
    readonly ordinary: OnOrdinary<T> | null,
    readonly observer: FrameObserver | null,
  ) {
    const { profiles, options, thresholds } = settings;
    const patience = {
      handshake: thresholds.slowHandshake * SECOND,
      closeWait: thresholds.closeWait * SECOND,
      // Where all are taken without a look at their segments, only the silence that is worth a finding matters.
      silence: takesAll(ordinary) ? Math.max(LONG_SILENCE, thresholds.idle * SECOND - 1) : LONG_SILENCE,
    };
    this.#tracker = new Tracker({
      detail: options.detail === 'full' ? FULL_DETAIL : 0,
      ...(this.#defers && { defers: patience }),
      ...(settings.wanted !== null && { wanted: settings.wanted }),
      linger: lingerOf(profiles),
      maxFlows: options.maxFlows ?? DEFAULT_MAX_FLOWS,
      ...(options.key && { key: options.key }),
      onEnd: (flow) => this.#end(flow),
      onDeferredEnd: (flow, records, at) =>
        this.#ordinaryEnd.readDeferred(flow, records, at, this.#newest) && this.#passOver(this.#ordinaryEnd),
      ...(!takesAll(ordinary) && {
        holdsEnough: () => this.#ready.length >= MOST_READY,
      }),
      onForesee: (hosts, count) => this.#distances.foresee(hosts, count),
      onGiveUp: (flow) => this.#giveUp(flow),
    });
    this.#framesFlows = options.select?.frames === undefined ? null : new Set();
    this.#membership = observer === null && this.#framesFlows === null ? null : new Membership(this.#tracker);
    this.#ordinaryEnd = new OrdinaryEnd(this.#tracker, profiles, patience);
    this.frameNames = new FrameNames(paths);
    if (this.#tracker.defers && this.#membership === null) {
      this.walk = (span) => this.#walk(span);
      this.memory = this.#tracker.memory;
      this.chunk = this.#tracker.chunk;
    }
  }

  /** @param reading whose sink this is */
  async *run(reading: Reading): AsyncGenerator<Flow | T> {
    const { onProgress, signal } = this.settings.options;
    for (let turn = await reading.next(); turn !== null; turn = await reading.next()) {
      this.clock ??= { epochSeconds: turn.epochSeconds, digits: turn.timeDigits };
      if (this.#source !== turn.source && turn.source !== null) this.observer?.capture?.(turn.source.info);
      this.#source = turn.source;
      const progress = turn.read();
      await this.observer?.flush?.();
      if (this.#ready.length > 0) yield* this.#drain();
      while (this.#tracker.isDue(this.#now)) {
        this.#tracker.endDone(this.#now);
        yield* this.#drain();
      }
      if (progress === null) continue;
      // Finer interfaces may come later in a file.
      if (this.clock.digits !== turn.timeDigits) this.clock = { ...this.clock, digits: turn.timeDigits };
      onProgress?.(progress);
      signal?.throwIfAborted();
    }
    for (const _ of this.#tracker.end()) if (this.#ready.length > 0) yield* this.#drain();
    if (this.#givenUp > 0) this.settings.options.onGivenUp?.(this.#givenUp);
  }

  /** No flow is asked for any more, and the reading is closed: it may write to the memory of flows. */
  close(): void {
    this.#tracker.close();
  }

  take(found: DecodeResult, segment: Segment, newest: Time): boolean {
    this.#newest = newest;
    if (this.#membership !== null && this.#source !== null)
      this.#observe(this.#membership, this.#source.frame, found, segment);
    else if (found === TCP) this.#tracker.segment(segment);
    else if (found === ICMP_ERROR) this.#tracker.icmpError(segment);
    if (found === TCP) this.#now = segment.time;
    return this.#goesOn;
  }

  /** Whether most sound connections are not asked for, or only for their end, so that they need not be followed in full. */
  get #defers(): boolean {
    const { ordinary, observer, settings } = this;
    const { detail, select } = settings.options;
    // Which flow a frame belongs to is only known of those that are followed.
    if (observer !== null || select?.frames !== undefined) return false;
    return ordinary !== null || detail !== 'full' || settings.wanted !== null;
  }

  #walk(span: RecordSpan): boolean {
    for (let mayGoOn = true; mayGoOn; ) {
      const before = span.frame;
      mayGoOn = this.#tracker.walk(span);
      if (span.frame === before) return true;
      this.#newest = Math.max(this.#newest, span.newest);
      this.#now = span.newest;
      this.#tracker.endDone(this.#now);
      if (!this.#goesOn) return false;
    }
    return true;
  }

  /** Whether all flows have ended that are over by now, and few wait to be taken. */
  get #goesOn(): boolean {
    return this.#ready.length < MOST_READY && !this.#tracker.isDue(this.#now);
  }

  #observe(membership: Membership, frame: Frame, found: DecodeResult, segment: Segment): void {
    let flow = 0;
    if (found === TCP) flow = membership.segment(segment);
    else if (found === ICMP_ERROR) flow = membership.icmpError(segment);
    if (flow !== 0 && this.settings.options.select?.frames?.has(frame.number)) this.#framesFlows?.add(flow);
    this.observer?.frame(frame, segment.frame, flow, membership, segment, segment.time);
  }

  #end(record: number): void {
    const clock = this.clock;
    if (clock === null) return;
    const number = this.#tracker.table.i32[record * STRIDE + I.number];
    if (this.observer?.wantsFlows === false) {
      this.observer.end?.(number, false);
      return;
    }
    const { profiles, thresholds, selects, maySelect } = this.settings;
    const isOrdinary = this.#ordinaryEnd.read(record, this.#newest);
    if (isOrdinary && this.#passOver(this.#ordinaryEnd)) return;
    this.#tracker.recall(record);
    const history = readHistory(this.#tracker, record);
    if (!maySelect(history)) {
      // Others need to know how far its hosts are.
      viewsOf(history, profiles, this.#distances, this.#newest);
      this.observer?.end?.(number, false);
      return;
    }
    const flow = diagnosedFlow(history, {
      captures: this.#capturesOf(history),
      frameNames: this.frameNames,
      clock,
      followedUntil: this.#newest,
      profiles,
      thresholds: isOrdinary ? null : thresholds,
      inWords: this.ordinary === null,
      // What it tells of them is noted, and its own round trips are known.
      distances: isOrdinary ? null : this.#distances,
    });
    const selected = selects(flow) && this.#framesFlows?.has(number) !== false;
    this.observer?.end?.(number, selected);
    if (selected) this.#ready.push(flow);
  }

  /** A connection without incident has ended. @returns whether nobody wants to know more of it */
  #passOver(end: OrdinaryEnd): boolean {
    const { clock, ordinary, settings } = this;
    const isWanted = settings.selectsOrdinary && settings.maySelect(end) && this.#framesFlows?.has(end.flow) !== false;
    end.noteDistances(this.#distances, isWanted);
    if (clock === null) return false;
    if (isWanted && ordinary === null) return this.#tellSound(end, clock);
    if (isWanted && ordinary?.takes?.(end) === false) return false;
    const standIn = isWanted ? ordinary?.end(end, clock) : null;
    if (standIn != null) this.#ready.push(standIn);
    this.observer?.end?.(end.flow, false);
    return true;
  }

  /** Makes the post-mortem of a connection without incident the shorter way. @returns false where that is not known */
  #tellSound(end: OrdinaryEnd, clock: Clock): boolean {
    const { paths, settings, frameNames } = this;
    // Which captures hold its frames, and ordinary segments, only those know that are followed.
    if (paths.length > 1 || settings.options.detail === 'full' || !end.isCopied) return false;
    const copies = DeferredCopies.forOne();
    end.copyTo(copies);
    const { followedUntil } = end;
    const context = { capture: paths[0], clock, followedUntil, profiles: settings.profiles, distances: null };
    const connection = withOwnSegments(soundConnection(recordsOf(copies.buffer), 0, context));
    this.#ready.push(Object.assign(connection, { captures: paths, frameNames, findings: [] }));
    return true;
  }

  #giveUp(record: number): void {
    this.#givenUp++;
    this.observer?.end?.(this.#tracker.table.i32[record * STRIDE + I.number], false);
  }

  /** The captures that hold the flow's frames, as far as these were kept. */
  #capturesOf({ segments }: History): readonly string[] {
    const { paths } = this;
    if (paths.length === 1) return paths;
    const frames = segments.flatMap(({ frame, run }) => (run === null ? [frame] : [frame, run.lastFrame]));
    const captures = new Set(frames.map((frame) => this.frameNames.nameOf(frame).capture));
    captures.delete(null);
    return captures.size === 0 ? [paths[0]] : ([...captures] as string[]);
  }

  *#drain(): Generator<Flow | T> {
    yield* this.#ready;
    this.#ready.length = 0;
  }
}
