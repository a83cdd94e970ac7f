import { CaptureError } from './capture/error.js';
import type { Frame } from './capture/frame.js';
import { openCapture } from './capture/open.js';
import type { CaptureInfo, PacketSource } from './capture/source.js';
import { Distances } from './connection/distances.js';
import { parseFlowFilter } from './connection/flow-filter.js';
import { I, STRIDE } from './connection/flow-record.js';
import type { Clock, Time } from './connection/model.js';
import { readHistory } from './connection/postmortem/history.js';
import { OrdinaryEnd } from './connection/postmortem/ordinary.js';
import { postmortem } from './connection/postmortem/postmortem.js';
import { type HostProfile, hostProfile, type ProfileName, parseSysctl } from './connection/profile.js';
import type { Side } from './connection/state.js';
import { SECOND } from './connection/time.js';
import { Tracker } from './connection/tracker.js';
import { type DecodeResult, FrameDecoder, ICMP_ERROR, TCP, TCP_UNUSABLE } from './decode/decoder.js';
import { isSupportedLinkType, linkTypeName } from './decode/link-type.js';
import type { Segment } from './decode/segment.js';
import type { CaptureSummary } from './findings/analysis.js';
import { diagnose } from './findings/diagnose.js';
import type { FindingKind, Flow } from './findings/finding.js';
import { DEFAULT_THRESHOLDS, type Thresholds } from './findings/thresholds.js';
import { Membership } from './membership.js';

export interface Options {
  /** `native` (default) reads everything; `pcap-parser` reads microsecond captures through the package of that name. */
  readonly reader?: 'native' | 'pcap-parser';
  /** Timers of the hosts where `sysctl` does not say otherwise; `linux` by default. */
  readonly profile?: ProfileName;
  /** What `sysctl -a` printed on each host. */
  readonly sysctl?: { readonly client?: string; readonly server?: string };
  readonly thresholds?: Partial<Thresholds>;
  /** Which flows, in tcpdump's words. */
  readonly filter?: string;
  /** Which flows, by number or by what was found in them. */
  readonly select?: {
    readonly flows?: ReadonlySet<number>;
    readonly kinds?: ReadonlySet<FindingKind>;
    /** Numbers of frames, in each capture: the flows that they belong to. */
    readonly frames?: ReadonlySet<number>;
  };
  /** `full` keeps ordinary segments for a ladder, up to a bound per flow. */
  readonly detail?: 'summary' | 'full';
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
}

export interface Progress {
  readonly path: string;
  readonly bytesRead: number;
  /** Null where unknown. */
  readonly size: number | null;
}

/** Ordinary segments that `detail: 'full'` keeps of one flow. */
const FULL_DETAIL = 400;
/** Least silence after both ends are done before a flow leaves the table; with TIME_WAIT's own length on top. */
const LINGER = 5 * SECOND;

/** Flows in the order in which they end, and what was in the captures: complete when the iteration is done. */
export interface FlowStream extends AsyncIterable<Flow> {
  readonly captures: readonly CaptureSummary[];
}

/**
 * Reads captures one after the other and yields every connection with its diagnosis.
 * A capture that cannot be read is told of by its summary's `error`, with all that was read before it.
 * @throws FilterError, SysctlError (at once) where an option cannot be understood
 */
export function flows(captures: string | readonly string[], options: Options = {}): FlowStream {
  const summaries: CaptureSummary[] = [];
  const iterate = followAll(
    typeof captures === 'string' ? [captures] : captures,
    new Settings(options),
    summaries,
    null,
  );
  return { captures: summaries, [Symbol.asyncIterator]: () => iterate };
}

/**
 * The same for who only counts: connections without incident are handed to `ordinary` instead of being yielded, unless
 * flows are selected by what only the whole post-mortem knows.
 */
export function countFlows(
  captures: string | readonly string[],
  options: Options,
  ordinary: (flow: OrdinaryEnd, clock: Clock) => void,
): FlowStream {
  const summaries: CaptureSummary[] = [];
  const settings = new Settings(options);
  const whole = options.filter !== undefined || options.select !== undefined;
  const paths = typeof captures === 'string' ? [captures] : captures;
  const iterate = followAll(paths, settings, summaries, whole ? null : ordinary);
  return { captures: summaries, [Symbol.asyncIterator]: () => iterate };
}

/** Sees every frame of the captures while they are followed. */
export interface FrameObserver {
  /** Whether the flows are diagnosed and yielded; false where only their frames matter. */
  readonly wantsFlows: boolean;
  /** Another capture begins. */
  capture?(info: CaptureInfo): void;
  /**
   * @param flow number of the flow that the frame is counted to; 0 for none, and then `membership` and `segment` say nothing
   * @param segment for an ICMP error (`icmpType` is not -1) what it quotes
   */
  frame(frame: Frame, flow: number, membership: Membership, segment: Segment, time: Time): void;
  /** After each chunk of a capture: where a slow reader of the results is waited for. */
  flush?(): Promise<void>;
  /** A flow is complete; it is yielded later if it is `selected`. */
  end?(flow: number, selected: boolean): void;
}

/** As `flows`, with all frames shown to `observer` on the way. */
export function observeFlows(
  captures: string | readonly string[],
  options: Options,
  observer: FrameObserver,
): FlowStream {
  const summaries: CaptureSummary[] = [];
  const paths = typeof captures === 'string' ? [captures] : captures;
  const iterate = followAll(paths, new Settings(options), summaries, null, observer);
  return { captures: summaries, [Symbol.asyncIterator]: () => iterate };
}

/**
 * The same flows for who only wants to know which they are: most of the others are passed over, which is faster, and moves
 * estimates that rest on what other connections tell of the hosts' distances.
 */
export function chooseFlows(captures: readonly string[], options: Options): FlowStream {
  const summaries: CaptureSummary[] = [];
  const iterate = followAll(captures, new Settings(options, true), summaries, null);
  return { captures: summaries, [Symbol.asyncIterator]: () => iterate };
}

/** Options, understood. */
class Settings {
  readonly profiles: Readonly<Record<Side, HostProfile>>;
  readonly thresholds: Thresholds;
  readonly selects: (flow: Flow) => boolean;

  /** @param passesOver connections without incident that were not asked for are not looked at as a whole */
  constructor(
    readonly options: Options,
    readonly passesOver = false,
  ) {
    const profile = (side: Side): HostProfile => {
      const text = options.sysctl?.[side];
      return hostProfile(
        options.profile ?? 'linux',
        text === undefined ? undefined : parseSysctl(text, `${side}'s sysctl`),
      );
    };
    this.profiles = { client: profile('client'), server: profile('server') };
    this.thresholds = { ...DEFAULT_THRESHOLDS, ...options.thresholds };
    const matches = options.filter === undefined ? null : parseFlowFilter(options.filter);
    const { flows: numbers, kinds } = options.select ?? {};
    this.selects = (flow) =>
      (matches === null || matches(flow)) &&
      (numbers === undefined || numbers.has(flow.flow)) &&
      (kinds === undefined || flow.findings.some((f) => kinds.has(f.kind)));
  }
}

async function* followAll(
  paths: readonly string[],
  settings: Settings,
  summaries: CaptureSummary[],
  ordinary: ((flow: OrdinaryEnd, clock: Clock) => void) | null,
  observer: FrameObserver | null = null,
): AsyncGenerator<Flow> {
  let before = 0;
  for (const path of paths) {
    const source = await open(path, settings.options, summaries);
    if (source === null) continue;
    const follower = new Follower(source, settings, before, ordinary, observer);
    try {
      yield* follower.run();
    } finally {
      await source.close();
    }
    before = follower.flows;
    summaries.push(follower.summary());
  }
}

async function open(path: string, options: Options, summaries: CaptureSummary[]): Promise<PacketSource | null> {
  try {
    const source = await openCapture(path, options.reader === undefined ? {} : { reader: options.reader });
    const { linkType } = source.info;
    if (isSupportedLinkType(linkType)) return source;
    await source.close();
    throw new CaptureError(
      'unsupported-link-type',
      path,
      20,
      null,
      'a link type that carries IP',
      linkTypeName(linkType),
    );
  } catch (error) {
    if (!(error instanceof CaptureError)) throw error;
    summaries.push({
      path,
      format: 'pcap',
      compression: null,
      linkType: 'unknown',
      frames: 0,
      tcpSegments: 0,
      skipped: {},
      complete: false,
      error,
      clock: null,
      firstFrameAt: null,
      lastFrameAt: null,
    });
    return null;
  }
}

/** Follows the connections of one capture. */
class Follower {
  readonly #decoder = new FrameDecoder();
  readonly #tracker: Tracker;
  readonly #ready: Flow[] = [];
  readonly #distances = new Distances();
  readonly #ordinaryEnd: OrdinaryEnd;
  /** Set where it matters which flow a frame belongs to. */
  readonly #membership: Membership | null;
  /** Flows of the frames that were asked for; null where none were. */
  readonly #framesFlows: Set<number> | null;
  #clock: Clock | null = null;
  #frames = 0;
  #segments = 0;
  #first: Time = 0;
  #newest: Time = Number.NEGATIVE_INFINITY;

  constructor(
    readonly source: PacketSource,
    readonly settings: Settings,
    readonly flowsBefore: number,
    readonly ordinary: ((flow: OrdinaryEnd, clock: Clock) => void) | null,
    readonly observer: FrameObserver | null,
  ) {
    const { profiles, options } = settings;
    this.#tracker = new Tracker({
      detail: options.detail === 'full' ? FULL_DETAIL : 0,
      linger: Math.max(profiles.client.timeWait, profiles.server.timeWait) * SECOND * (17 / 16) + LINGER,
      firstFlow: flowsBefore,
      onEnd: (flow) => this.#end(flow),
    });
    this.#framesFlows = options.select?.frames === undefined ? null : new Set();
    this.#membership = observer === null && this.#framesFlows === null ? null : new Membership(this.#tracker);
    const { closeWait, slowHandshake } = settings.thresholds;
    this.#ordinaryEnd = new OrdinaryEnd(this.#tracker, profiles, closeWait * SECOND, slowHandshake * SECOND);
  }

  /** Numbers given so far, those of the captures before included. */
  get flows(): number {
    return this.#tracker.flows;
  }

  async *run(): AsyncGenerator<Flow> {
    const { source, settings } = this;
    const { onProgress, signal } = settings.options;
    this.observer?.capture?.(source.info);
    while (await source.advance()) {
      this.#readChunk();
      await this.observer?.flush?.();
      onProgress?.({ path: source.info.path, bytesRead: source.bytesRead, size: source.size });
      yield* this.#drain();
      signal?.throwIfAborted();
    }
    for (const _ of this.#tracker.end()) yield* this.#drain();
  }

  #readChunk(): void {
    const { source } = this;
    const frame = source.frame;
    const decoder = this.#decoder;
    const segment = decoder.segment;
    const tracker = this.#tracker;
    let base = this.#clock?.epochSeconds ?? 0;
    while (source.next()) {
      if (this.#clock === null) {
        base = frame.seconds;
        this.#clock = { epochSeconds: base, digits: source.info.timeDigits };
        this.#first = frame.nanoseconds;
      }
      const time = (frame.seconds - base) * SECOND + frame.nanoseconds;
      if (time > this.#newest) this.#newest = time;
      this.#frames++;
      const found = decoder.decode(frame);
      if (this.#membership !== null) {
        if (found === TCP || found === ICMP_ERROR || found === TCP_UNUSABLE) this.#segments++;
        this.#observe(this.#membership, found, time);
      } else if (found === TCP) {
        this.#segments++;
        segment.time = time;
        segment.frame = frame.number;
        tracker.segment(segment);
      } else if (found === ICMP_ERROR) {
        this.#segments++;
        segment.time = time;
        segment.frame = frame.number;
        tracker.icmpError(segment);
      } else if (found === TCP_UNUSABLE) {
        this.#segments++;
      }
    }
  }

  #observe(membership: Membership, found: DecodeResult, time: Time): void {
    const { frame } = this.source;
    const { segment } = this.#decoder;
    segment.time = time;
    segment.frame = frame.number;
    let flow = 0;
    if (found === TCP) flow = membership.segment(segment);
    else if (found === ICMP_ERROR) flow = membership.icmpError(segment);
    if (flow !== 0 && this.settings.options.select?.frames?.has(frame.number)) this.#framesFlows?.add(flow);
    this.observer?.frame(frame, flow, membership, segment, time);
  }

  #end(record: number): void {
    const clock = this.#clock;
    if (clock === null) return;
    const number = this.#tracker.table.i32[record * STRIDE + I.number];
    if (this.observer?.wantsFlows === false) {
      this.observer.end?.(number, false);
      return;
    }
    const { profiles, thresholds, selects } = this.settings;
    if ((this.ordinary !== null || this.#isUnwanted(number)) && this.#ordinaryEnd.read(record, this.#newest)) {
      this.#ordinaryEnd.noteDistances(this.#distances);
      this.ordinary?.(this.#ordinaryEnd, clock);
      this.observer?.end?.(number, false);
      return;
    }
    const result = postmortem(readHistory(this.#tracker, record), {
      capture: this.source.info.path,
      clock,
      followedUntil: this.#newest,
      profiles,
      distances: this.#distances,
    });
    // Not spread: its segments are made on demand.
    const flow: Flow = Object.assign(result.connection, { findings: diagnose(result, thresholds) });
    const selected = selects(flow) && this.#framesFlows?.has(number) !== false;
    this.observer?.end?.(number, selected);
    if (selected) this.#ready.push(flow);
  }

  /** Not asked for, if it is without incident: such a connection has no findings. */
  #isUnwanted(number: number): boolean {
    if (!this.settings.passesOver) return false;
    const { flows: numbers, kinds } = this.settings.options.select ?? {};
    return kinds !== undefined || numbers?.has(number) === false || this.#framesFlows?.has(number) === false;
  }

  *#drain(): Generator<Flow> {
    yield* this.#ready;
    this.#ready.length = 0;
  }

  summary(): CaptureSummary {
    const { info, error } = this.source;
    return {
      path: info.path,
      format: info.format,
      compression: info.compression,
      linkType: linkTypeName(info.linkType),
      frames: this.#frames,
      tcpSegments: this.#segments,
      skipped: this.#decoder.skippedByReason(),
      complete: error === null,
      error,
      clock: this.#clock,
      firstFrameAt: this.#clock === null ? null : this.#first,
      lastFrameAt: this.#clock === null ? null : this.#newest,
    };
  }
}
