import type { CaptureInterface } from './capture/capture-interface.js';
import { CaptureError } from './capture/error.js';
import { openCapture } from './capture/open.js';
import type { PacketSource } from './capture/source.js';
import { Distances } from './connection/distances.js';
import { parseFlowFilter } from './connection/flow-filter.js';
import type { Clock, Time } from './connection/model.js';
import { readHistory } from './connection/postmortem/history.js';
import { OrdinaryEnd } from './connection/postmortem/ordinary.js';
import { postmortem } from './connection/postmortem/postmortem.js';
import { type HostProfile, hostProfile, type ProfileName, parseSysctl } from './connection/profile.js';
import type { Side } from './connection/state.js';
import { SECOND } from './connection/time.js';
import { Tracker } from './connection/tracker.js';
import { FrameDecoder, ICMP_ERROR, TCP, TCP_UNUSABLE } from './decode/decoder.js';
import { isSupportedLinkType, linkTypeName } from './decode/link-type.js';
import type { CaptureSummary } from './findings/analysis.js';
import { diagnose } from './findings/diagnose.js';
import type { FindingKind, Flow } from './findings/finding.js';
import { DEFAULT_THRESHOLDS, type Thresholds } from './findings/thresholds.js';

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
  readonly select?: { readonly flows?: ReadonlySet<number>; readonly kinds?: ReadonlySet<FindingKind> };
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

/** Options, understood. */
class Settings {
  readonly profiles: Readonly<Record<Side, HostProfile>>;
  readonly thresholds: Thresholds;
  readonly selects: (flow: Flow) => boolean;

  constructor(readonly options: Options) {
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
): AsyncGenerator<Flow> {
  let before = 0;
  for (const path of paths) {
    const source = await open(path, settings.options, summaries);
    if (source === null) continue;
    const follower = new Follower(source, settings, before, ordinary);
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
    const { linkType, format } = source.info;
    if (isSupportedLinkType(linkType) || format === 'pcapng') return source;
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
      format: 'unknown',
      compression: null,
      linkType: 'unknown',
      interfaces: [],
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
  ) {
    const { profiles, options } = settings;
    this.#tracker = new Tracker({
      detail: options.detail === 'full' ? FULL_DETAIL : 0,
      linger: Math.max(profiles.client.timeWait, profiles.server.timeWait) * SECOND * (17 / 16) + LINGER,
      firstFlow: flowsBefore,
      onEnd: (flow) => this.#end(flow),
    });
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
    while (await source.advance()) {
      this.#readChunk();
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
      if (found === TCP) {
        this.#segments++;
        tracker.segment(segment, time, frame.number);
      } else if (found === ICMP_ERROR) {
        this.#segments++;
        tracker.icmpError(segment, time, frame.number);
      } else if (found === TCP_UNUSABLE) {
        this.#segments++;
      }
    }
  }

  #end(record: number): void {
    const clock = this.#clock;
    if (clock === null) return;
    const { profiles, thresholds, selects } = this.settings;
    if (this.ordinary !== null && this.#ordinaryEnd.read(record, this.#newest)) {
      this.#ordinaryEnd.noteDistances(this.#distances);
      this.ordinary(this.#ordinaryEnd, clock);
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
    if (selects(flow)) this.#ready.push(flow);
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
      linkType: linkTypes(this.source.interfaces),
      interfaces: this.source.interfaces,
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

/** The link types that the capture has, each once. */
function linkTypes(interfaces: readonly CaptureInterface[]): string {
  return [...new Set(interfaces.map(({ linkType }) => linkTypeName(linkType)))].join(', ') || 'unknown';
}
