import type {
  Basis,
  Fate,
  LoggedSegment,
  SegmentRole,
  SegmentRun,
  Time,
  Transition,
} from '../../src/connection/model.js';
import type { Side, TcpState } from '../../src/connection/state.js';
import { ACK, FIN, PSH, RST, SYN } from '../../src/decode/segment.js';
import { type Finding, type FindingKind, type Flow, SEVERITIES, type Severity } from '../../src/findings/finding.js';

/** 2026-11-20 12:00:00 UTC. */
export const CLOCK = { epochSeconds: 1_795_176_000, digits: 6 } as const;
export const ISN = { client: 1_000_000, server: 4_294_967_000 } as const;

export const seconds = (value: number): Time => Math.round(value * 1e9);

const BITS: Readonly<Record<string, number>> = { S: SYN, A: ACK, F: FIN, R: RST, P: PSH };

interface Extra {
  readonly length?: number;
  readonly fate?: Fate;
  readonly retransmission?: boolean;
  readonly role?: SegmentRole;
  readonly window?: number;
  readonly frame?: number;
  readonly run?: SegmentRun;
  readonly icmp?: LoggedSegment['icmp'];
  readonly sack?: readonly [number, number];
}

interface Proof {
  readonly at?: number;
  readonly earliest?: number | null;
  readonly latest?: number | null;
  readonly basis?: Basis;
  readonly confirmedBy?: number;
  readonly revoked?: readonly number[];
  readonly reason?: string;
}

/** Builds flows by hand: times in seconds from the start, sequence numbers relative. */
export class FlowBuilder {
  readonly #segments: LoggedSegment[] = [];
  readonly #timeline: Transition[] = [];
  readonly #findings: Finding[] = [];
  #frame = 1;

  /** A segment; `flags` as tcpdump's letters (`S`, `SA`, `PA`). */
  segment(time: number, from: Side, flags: string, seq: number, ack: number, extra: Extra = {}): this {
    const other = from === 'client' ? 'server' : 'client';
    const frame = extra.frame ?? this.#frame;
    this.#frame = frame + 1;
    this.#segments.push({
      frame,
      time: seconds(time),
      from,
      flags: [...flags].reduce((bits, letter) => bits | BITS[letter], 0),
      seq: (ISN[from] + seq) >>> 0,
      ack: flags.includes('A') ? (ISN[other] + ack) >>> 0 : 0,
      length: extra.length ?? 0,
      window: extra.window ?? 64_240,
      hasTimestamps: true,
      tsVal: 3_000_000_000 + Math.round(time * 1000),
      tsEcr: 2_000_000_000,
      sack: extra.sack ?? null,
      role: extra.role ?? (extra.run ? 'run' : extra.icmp ? 'icmp' : 'segment'),
      retransmission: extra.retransmission ?? false,
      fate: extra.fate ?? 'delivered',
      run: extra.run ?? null,
      icmp: extra.icmp ?? null,
    });
    return this;
  }

  /** A change of state; by the last segment unless `frame` says otherwise. */
  state(endpoint: Side, from: TcpState | null, to: TcpState, proof: Proof & { readonly frame?: number } = {}): this {
    const last = this.#segments.at(-1);
    const at = proof.at === undefined ? (last?.time ?? 0) : seconds(proof.at);
    this.#timeline.push({
      endpoint,
      from,
      to,
      at,
      earliest: proof.earliest === undefined ? at : proof.earliest === null ? null : seconds(proof.earliest),
      latest: proof.latest === undefined ? at : proof.latest === null ? null : seconds(proof.latest),
      frame: proof.frame ?? last?.frame ?? 1,
      basis: proof.basis ?? (last?.from === endpoint ? 'observed' : 'inferred'),
      reason: proof.reason ?? `It is ${to} now.`,
      confirmedBy: proof.confirmedBy ?? null,
      revoked: proof.revoked ?? [],
    });
    return this;
  }

  finding(
    kind: FindingKind,
    severity: Severity,
    endpoint: Side | null,
    at: number,
    frames: readonly number[],
    message: string,
    advice = '',
  ): this {
    this.#findings.push({
      kind,
      severity,
      endpoint,
      at: seconds(at),
      frames,
      message,
      advice,
      causes: [],
      excluded: [],
    });
    return this;
  }

  build(changes: Partial<Flow> = {}): Flow {
    const last = (side: Side) => this.#timeline.findLast((transition) => transition.endpoint === side)?.to ?? 'CLOSED';
    const sum = (of: (segment: LoggedSegment) => number) => ({
      client: this.#segments.filter(({ from }) => from === 'client').reduce((total, segment) => total + of(segment), 0),
      server: this.#segments.filter(({ from }) => from === 'server').reduce((total, segment) => total + of(segment), 0),
    });
    const end = this.#segments.at(-1)?.time ?? 0;
    const syn = this.#segments.find((segment) => (segment.flags & SYN) !== 0 && segment.from === 'client');
    return {
      flow: 7,
      tcpStream: 6,
      capture: 'dump.pcap',
      clock: CLOCK,
      client: { address: '10.0.1.9', port: 57469 },
      server: { address: '10.0.3.7', port: 5432 },
      roles: 'observed',
      start: this.#segments[0]?.time ?? 0,
      end,
      followedUntil: end,
      tap: 'client',
      clientState: last('client'),
      serverState: last('server'),
      timeline: [...this.#timeline].sort((a, b) => a.at - b.at),
      segments: this.#segments,
      packets: sum(() => 1),
      bytes: sum((segment) => segment.length),
      retransmissions: sum((segment) => Number(segment.retransmission)),
      hadReset: this.#segments.some((segment) => (segment.flags & RST) !== 0 && segment.icmp === null),
      synTimestamp: syn?.hasTimestamps ? { time: syn.time, tsVal: syn.tsVal } : null,
      handshakeRtt: 0.020144,
      roundTrips: { client: 0.000052, server: 0.020092 },
      isn: ISN,
      captures: ['dump.pcap'],
      frameNames: { nameOf: (frame) => ({ capture: 'dump.pcap', frame }) },
      findings: [...this.#findings].sort(
        (a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) || a.at - b.at,
      ),
      ...changes,
    };
  }
}
