import type { PathSegment } from '../../../compare/compared-flow.js';
import type { Fate, LoggedSegment, Tap, Time, Transition } from '../../../connection/model.js';
import { otherSide, type Side } from '../../../connection/state.js';
import { ACK, AE, CWR, ECE, FIN, PSH, RST, SYN, URG } from '../../../decode/segment.js';
import type { Flow } from '../../../findings/finding.js';
import { numbersText } from '../../flow-text.js';
import { RelativeTime } from '../../relative-time.js';
import { SegmentLabels } from '../../segment-label.js';
import { formatBytes, formatCount, formatDuration } from '../../units.js';
import { isCompared } from '../compared-pack.js';
import type { Arrow, Run, Span } from './ladder-model.js';
import { timeOfDay } from './times.js';

/** What is said of one thing on the ladder. */
export interface Description {
  readonly title: string;
  readonly facts: readonly (readonly [name: string, value: string])[];
}

const FATES: Readonly<Record<Fate, string>> = {
  delivered: 'it arrived: its receiver’s later segments prove it',
  presumed: 'nothing contradicts that it arrived',
  unheeded: 'lost behind the tap, or dropped by the host: its receiver went on as if it had never come',
  ignored: 'it arrived, and its receiver did not act on it',
};

export const TAPS: Readonly<Record<Tap, string>> = {
  client: "client's host",
  server: "server's host",
  middle: 'between the hosts',
  unknown: 'unknown',
};

const FLAGS: readonly (readonly [bit: number, name: string])[] = [
  [SYN, 'SYN'],
  [FIN, 'FIN'],
  [RST, 'RST'],
  [PSH, 'PSH'],
  [ACK, 'ACK'],
  [URG, 'URG'],
  [ECE, 'ECE'],
  [CWR, 'CWR'],
  [AE, 'AE'],
];

/** Words for what happens in one connection. */
export class Words {
  readonly #flow: Flow;
  readonly #labels: SegmentLabels;
  readonly #times: RelativeTime;
  /** On which stretch of the path frames were lost, where a third capture tells. */
  readonly #lost: Readonly<Record<'clientToServer' | 'serverToClient', ReadonlyMap<number, string>>>;

  constructor(flow: Flow) {
    this.#flow = flow;
    const stretches = (of: 'clientToServer' | 'serverToClient') =>
      new Map(
        (isCompared(flow) ? (flow.fates?.[of].lost ?? []) : []).flatMap(({ frame, where }) =>
          where === null ? [] : [[frame, where]],
        ),
      );
    this.#lost = { clientToServer: stretches('clientToServer'), serverToClient: stretches('serverToClient') };
    this.#labels = new SegmentLabels(flow);
    this.#times = new RelativeTime(flow.start, Math.max(flow.end, flow.followedUntil), 11);
  }

  /** Flags, relative numbers and length, as much as fits in so many characters. */
  label(segment: LoggedSegment, characters: number): string {
    return this.#labels.fit(segment, Math.max(3, characters));
  }

  time(time: number): string {
    return this.#times.exact(time);
  }

  /** `7.13 ±.3` */
  estimate(change: Transition): string {
    return this.#times.estimate(change);
  }

  /** How long a segment was on the way between the taps; null where that is not known. */
  delay({ passed }: Arrow): string | null {
    if (passed === null || passed.sentAt === null || passed.arrivedAt === null) return null;
    return formatDuration(passed.arrivedAt - passed.sentAt);
  }

  arrow(arrow: Arrow): Description {
    const { segment, repeats, changes, passed } = arrow;
    const { from, icmp } = segment;
    const facts: [string, string][] = passed === null ? [['time', this.#moment(segment.time)]] : this.#passage(arrow);
    if (icmp === null) {
      if (passed === null) facts.push(['from', `${from} to ${otherSide(from)}`]);
      facts.push([
        'flags',
        FLAGS.filter(([bit]) => (segment.flags & bit) !== 0)
          .map(([, name]) => name)
          .join(' ') || 'none',
      ]);
      facts.push(['numbers', `seq ${segment.seq}, ack ${segment.ack} on the wire`]);
      facts.push(['length', `${formatCount(segment.length)} bytes, window ${formatCount(segment.window)}`]);
      if (segment.hasTimestamps) facts.push(['timestamps', `TSval ${segment.tsVal}, TSecr ${segment.tsEcr}`]);
    } else {
      facts.push(['to', `${from}: it quotes one of its segments`]);
    }
    if (repeats !== null) facts.push(['repeats', `frame ${repeats.segment.frame}`]);
    else if (segment.retransmission) facts.push(['repeats', 'what an earlier segment held']);
    facts.push(['fate', passed === null ? FATES[segment.fate] : this.#fate(arrow, passed)]);
    for (const change of changes) facts.push([change.endpoint, this.#change(change)]);
    return { title: `${frameWords(arrow)}: ${this.label(segment, 200)}`, facts };
  }

  /** When it passed either tap. */
  #passage({ segment: { from, time, icmp }, passed }: Arrow): [string, string][] {
    const at = (side: Side, when: Time | null | undefined): [string, string][] =>
      when === null || when === undefined ? [] : [[`${side}’s side`, this.#moment(when)]];
    if (icmp !== null) return at(from, time);
    return [...at(from, passed?.sentAt), ...at(otherSide(from), passed?.arrivedAt)];
  }

  #fate(arrow: Arrow, passed: PathSegment): string {
    const { from, frame, fate, icmp } = arrow.segment;
    if (icmp !== null) return 'an ICMP error, from somewhere on the path';
    if (passed.fate === 'unknown') return 'only one capture covers it';
    if (passed.fate === 'injected')
      return `it came out of the path, and the ${from}’s side never saw it go in: sent by neither end, or missed by that capture`;
    if (passed.fate === 'lost') {
      const lost = from === 'client' ? this.#lost.clientToServer : this.#lost.serverToClient;
      return `lost ${lost.get(frame) ?? 'between the taps'}`;
    }
    const delay = this.delay(arrow);
    const arrived = delay === null ? 'it passed both taps' : `it passed both taps, in ${delay}`;
    return fate === 'unheeded' || fate === 'ignored' ? `${arrived}; its receiver did not act on it` : arrived;
  }

  run({ segment, from }: Run): Description {
    const { run } = segment;
    if (run === null) return { title: '', facts: [] };
    const facts: [string, string][] = [
      ['from', this.#moment(from)],
      ['to', this.#moment(run.lastTime)],
      ['client', `${formatCount(run.segments.client)} segments, ${formatBytes(run.bytes.client)}`],
      ['server', `${formatCount(run.segments.server)} segments, ${formatBytes(run.bytes.server)}`],
    ];
    return { title: `Frames ${segment.frame} to ${run.lastFrame}: ordinary segments, folded`, facts };
  }

  /** `312 segments, 431 kB to the client, 4.2 s`, or as much of it as fits in so many characters. */
  runLabel({ segment: { run, time } }: Run, characters: number): string {
    if (run === null) return '';
    const { segments, bytes } = run;
    const count = `${formatCount(segments.client + segments.server)} segments`;
    const duration = formatDuration(run.lastTime - time);
    const [toServer, toClient] = [formatBytes(bytes.client), formatBytes(bytes.server)];
    const long = [bytes.client > 0 && `${toServer} to the server`, bytes.server > 0 && `${toClient} to the client`];
    const short = [bytes.client > 0 && `${toServer} ▶`, bytes.server > 0 && `◀ ${toClient}`];
    const labels = [[count, ...long, duration], [count, ...short, duration], [count, duration], [count]].map((parts) =>
      parts.filter((part) => part !== false).join(', '),
    );
    return labels.find((label) => label.length <= characters) ?? '…';
  }

  span({ side, state, from, to, change }: Span): Description {
    const facts: [string, string][] = [
      ['lasted', `${formatDuration(to - from)}, from ${this.time(from)} to ${this.time(to)}`],
    ];
    if (change === null) facts.push(['known', 'from the start']);
    else facts.push(['why', this.#change(change)]);
    return { title: `The ${side} in ${state ?? 'a state that nothing tells'}`, facts };
  }

  /** Why, how it is known, within which bounds. */
  #change({ from, to, reason, ...change }: Transition): string {
    return `${from ?? 'unknown'} → ${to}. ${reason} (${this.evidence({ from, to, reason, ...change })})`;
  }

  evidence({ basis, frame, at, earliest, latest, confirmedBy, revoked }: Transition): string {
    const facts = [`${basis}, frame ${frame}`, `at ${this.time(at)}`];
    const from = earliest === null ? null : this.time(earliest);
    const until = latest === null ? null : this.time(latest);
    if (from !== null && until !== null && from !== until) facts.push(`between ${from} and ${until}`);
    else if (until === null) facts.push(from === null ? 'not proved' : `not before ${from}, not proved`);
    else if (from === null) facts.push(`not after ${until}`);
    if (confirmedBy !== null) facts.push(`proved by frame ${confirmedBy}`);
    if (revoked.length > 0) facts.push(`contradicted: ${numbersText(revoked)}`);
    return facts.join('; ');
  }

  #moment(time: number): string {
    const { clock } = this.#flow;
    return `${this.time(time)} s (${timeOfDay(time, clock, clock.digits)} UTC)`;
  }
}

/** `Frame 7`; of both captures `Frame 7, at the server’s side 9`. */
function frameWords({ segment: { from }, frames, passed }: Arrow): string {
  if (passed === null) return `Frame ${frames[from]}`;
  const to = otherSide(from);
  const words = [from, to].flatMap((side) => (frames[side] === null ? [] : [`${frames[side]} at the ${side}’s side`]));
  return `Frame ${words.join(', ')}`;
}
