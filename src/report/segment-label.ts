import type { LoggedSegment } from '../connection/model.js';
import { otherSide, type Side } from '../connection/state.js';
import { ACK, FIN, RST, SYN, URG } from '../decode/segment.js';
import type { Flow } from '../findings/finding.js';
import { displayWidth, truncate } from './width.js';

/** How far below the first known sequence number a number is still shown as negative: a keep-alive, an old copy. */
const BELOW = 1 << 24;

/** Words for the segments of one flow: flags, relative sequence and acknowledgement numbers, length. */
export class SegmentLabels {
  readonly #base: Record<Side, number>;
  /** For each repeated segment, how often it was repeated up to it, and in all. */
  readonly #repetition = new Map<LoggedSegment, { nth: number; of: number }>();

  constructor(flow: Flow) {
    this.#base = { client: firstSequence(flow, 'client'), server: firstSequence(flow, 'server') };
    const counts = new Map<string, { of: number }>();
    for (const segment of flow.segments) {
      if (!segment.retransmission || segment.run !== null) continue;
      const key = `${segment.from} ${segment.seq} ${kindOf(segment)}`;
      const count = counts.get(key) ?? { of: 0 };
      count.of++;
      counts.set(key, count);
      const nth = count.of;
      this.#repetition.set(segment, {
        nth,
        get of() {
          return count.of;
        },
      });
    }
  }

  /** The words for `segment` that fit in `width` columns: what matters least is left out first. */
  fit(segment: LoggedSegment, width: number): string {
    const parts = this.#parts(segment);
    for (let least = 5; least > 0; least--) {
      const label = join(parts, least);
      if (displayWidth(label) <= width) return label;
    }
    return truncate(join(parts, 0), width);
  }

  /** Parts in the order in which they are read, each with how soon it may go (0: never). */
  #parts(segment: LoggedSegment): [text: string, rank: number][] {
    if (segment.icmp !== null) return [[icmpWords(segment.icmp), 0]];
    const { flags, from } = segment;
    const parts: [string, number][] = [[kindOf(segment), 0]];
    const repetition = this.#repetition.get(segment);
    if (segment.retransmission) parts.push(['repeated', 1]);
    if (repetition && repetition.of > 1) parts.push([`(${repetition.nth} of ${repetition.of})`, 2]);
    if (segment.window === 0 && !(flags & (RST | SYN))) parts.push(['win 0', 1]);
    if (flags & (SYN | FIN | RST) || segment.length > 0 || segment.role === 'keep-alive') {
      parts.push([`seq ${relative(segment.seq, this.#base[from])}`, 4]);
    }
    if (flags & ACK) parts.push([`ack ${relative(segment.ack, this.#base[otherSide(from)])}`, 3]);
    if (segment.sack !== null) {
      const [left, right] = segment.sack.map((edge) => relative(edge, this.#base[otherSide(from)]));
      parts.push([`sack ${left}-${right}`, 5]);
    }
    return parts;
  }
}

const join = (parts: readonly [string, number][], least: number): string =>
  parts
    .filter(([, rank]) => rank <= least)
    .map(([text]) => text)
    .join(' ');

function kindOf(segment: LoggedSegment): string {
  const { flags, length } = segment;
  switch (segment.role) {
    case 'keep-alive':
      return 'keep-alive';
    case 'keep-alive-ack':
      return 'keep-alive ACK';
    case 'window-probe':
      return 'window probe';
    case 'duplicate-ack':
      return 'duplicate ACK';
    case 'challenge-ack':
      return 'challenge ACK';
  }
  const words: string[] = [];
  if (flags & SYN) words.push('SYN');
  if (flags & FIN) words.push('FIN');
  if (flags & RST) words.push('RST');
  if (flags & URG) words.push('URG');
  if (flags & ACK && (words.length > 0 || length === 0)) words.push('ACK');
  if (length > 0) words.push(`data ${length} B`);
  return words.join(' ') || 'no flags';
}

/** The number that counts as 0: the initial one, or one below the first that is known. */
function firstSequence(flow: Flow, side: Side): number {
  const isn = flow.isn[side];
  if (isn !== null) return isn;
  for (const segment of flow.segments) {
    if (segment.icmp !== null) continue;
    if (segment.from === side) return segment.seq - 1;
    if (segment.flags & ACK) return segment.ack - 1;
  }
  return 0;
}

function relative(number: number, base: number): number {
  const distance = (number - base) >>> 0;
  return distance >= 2 ** 32 - BELOW ? distance - 2 ** 32 : distance;
}

function icmpWords(icmp: { readonly type: number; readonly code: number; readonly ipVersion: 4 | 6 }): string {
  const words = icmp.ipVersion === 4 ? ICMPV4[`${icmp.type}/${icmp.code}`] : ICMPV6[`${icmp.type}/${icmp.code}`];
  return `ICMP ${words ?? `type ${icmp.type} code ${icmp.code}`}`;
}

const ICMPV4: Readonly<Record<string, string | undefined>> = {
  '3/0': 'network unreachable',
  '3/1': 'host unreachable',
  '3/2': 'protocol unreachable',
  '3/3': 'port unreachable',
  '3/4': 'fragmentation needed',
  '3/9': 'network prohibited',
  '3/10': 'host prohibited',
  '3/13': 'admin prohibited',
  '11/0': 'time exceeded',
};

const ICMPV6: Readonly<Record<string, string | undefined>> = {
  '1/0': 'no route',
  '1/1': 'admin prohibited',
  '1/3': 'address unreachable',
  '1/4': 'port unreachable',
  '1/5': 'policy failed',
  '1/6': 'route rejected',
  '2/0': 'packet too big',
  '3/0': 'time exceeded',
};
