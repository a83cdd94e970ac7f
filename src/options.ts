import { type FlowEnds, parseFlowFilter } from './connection/flow-filter.js';
import type { KeyPart } from './connection/flow-network.js';
import type { Time } from './connection/model.js';
import { goneBy } from './connection/postmortem/timers.js';
import { type HostProfile, hostProfile, type ProfileName, parseSysctl } from './connection/profile.js';
import type { Side } from './connection/state.js';
import { SECOND } from './connection/time.js';
import { type WantedFlows, wantedByEnds, wantedByNumber } from './connection/wanted-flows.js';
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
  readonly select?: {
    readonly flows?: ReadonlySet<number>;
    readonly kinds?: ReadonlySet<FindingKind>;
    /** Numbers of frames, in each capture: the flows that they belong to. */
    readonly frames?: ReadonlySet<number>;
  };
  /** `full` keeps ordinary segments for a ladder, up to a bound per flow. */
  readonly detail?: 'summary' | 'full';
  /** Passes over packets whose IPv4 or TCP checksum is wrong; by default they count, since hosts leave checksums to their network cards. */
  readonly verifyChecksums?: boolean;
  /** Connections that are followed at a time, at most: DEFAULT_MAX_FLOWS where left out. Beyond them, some are given up. */
  readonly maxFlows?: number;
  /** Called once, at the end, where connections were given up: they are not among the flows. */
  readonly onGivenUp?: (connections: number) => void;
  /**
   * What tells connections of the same addresses and ports from each other: the identifiers of VLANs, those of tunnels. By
   * default nothing does, so that a connection seen in several networks is one. `compare` knows addresses and ports only.
   */
  readonly key?: readonly KeyPart[];
  /**
   * Puts the frames of each capture in the order of their times, as far as they are no more seconds apart than this; at most
   * 65,536 frames or 64 MiB are held for it. Frames keep their numbers. By default the order is that of the file.
   */
  readonly reorder?: number;
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
export const FULL_DETAIL = 400;
/** How long both ends are certain to be gone before a flow leaves the table. */
const LINGER = 1.15 * SECOND;

/** Silence after both ends are done before a flow leaves the table. */
export const lingerOf = ({ client, server }: Readonly<Record<Side, HostProfile>>): Time =>
  goneBy(0, Math.max(client.timeWait, server.timeWait) * SECOND) + LINGER;

/**
 * Connections that are followed at a time where options do not say: as a flood of SYNs, they take a third of a gigabyte. Beyond
 * them newcomers make others leave: first those that are closed, then those that never came to be open, then the rest; each
 * time those that have been silent longest. What has left before it was closed is given up, and counted.
 */
export const DEFAULT_MAX_FLOWS = 500_000;

/** Options, understood. */
export class Settings {
  readonly profiles: Readonly<Record<Side, HostProfile>>;
  readonly thresholds: Thresholds;
  readonly selects: (flow: Flow) => boolean;
  /** What is known without findings. */
  readonly maySelect: (flow: FlowEnds & { readonly flow: number }) => boolean;
  /** Whether connections without incident, which have no findings, may be selected. */
  readonly selectsOrdinary: boolean;
  /** Those of which ordinary segments are kept, where they are known from the first one on; else null. */
  readonly wanted: WantedFlows | null;

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
    this.maySelect = (flow) => (numbers === undefined || numbers.has(flow.flow)) && (matches === null || matches(flow));
    this.selects = (flow) =>
      this.maySelect(flow) && (kinds === undefined || flow.findings.some((f) => kinds.has(f.kind)));
    this.selectsOrdinary = kinds === undefined;
    this.wanted = null;
    if (options.detail === 'full') {
      if (numbers !== undefined) this.wanted = wantedByNumber(numbers);
      else if (matches !== null) this.wanted = wantedByEnds(matches);
    }
  }
}
