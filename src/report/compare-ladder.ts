import type { ComparedFinding, ComparedFlow, PathSegment } from '../compare/compared-flow.js';
import type { Time } from '../connection/model.js';
import type { Side } from '../connection/state.js';
import { RST } from '../decode/segment.js';
import { type Changes, compareRows, type Row } from './compare-rows.js';
import { flowClockWords, flowPathWords } from './compare-words.js';
import { escapeText } from './escape.js';
import { endpointText } from './flow-text.js';
import { Lane } from './lane.js';
import { Line, type Piece } from './line.js';
import { type Look, PLAIN, SEVERITY_MARK, type Style } from './look.js';
import { RelativeTime } from './relative-time.js';
import { SegmentLabels } from './segment-label.js';
import { formatBytes, formatCount, formatDuration, formatTimestamp } from './units.js';
import { displayWidth, pack, padStart, truncateStart, wrap } from './width.js';

export interface CompareLadderOptions {
  /** Columns that a line may take; less than 78 is taken as 78. */
  readonly width?: number;
  readonly style?: Style;
}

const TIME = 11;
const LANE = 11;
const GAP = 2;
/** From a side's lane to the path: room for the label, and beyond it for the delay. */
const LEAST_HALF = 20;
const MOST_HALF = 34;
const COLUMNS = TIME + GAP + LANE + GAP + 1 + GAP + LANE;
const MOST_TEXT = 100;

/** The post-mortem of one connection from two captures: three lanes, the middle one the path between the taps. */
export function compareLadder(flow: ComparedFlow, options: CompareLadderOptions = {}): string {
  return `${new CompareLadder(flow, options).lines().join('\n')}\n`;
}

class CompareLadder {
  readonly #flow: ComparedFlow;
  readonly #style: Style;
  readonly #near: number;
  readonly #far: number;
  readonly #width: number;
  readonly #times: RelativeTime;
  readonly #labels: SegmentLabels;
  readonly #lanes: Readonly<Record<Side, Lane>>;
  readonly #lines: string[] = [];

  constructor(flow: ComparedFlow, { width = 80, style = PLAIN }: CompareLadderOptions) {
    this.#flow = flow;
    this.#style = style;
    const room = Math.min(2 * MOST_HALF, Math.max(2 * LEAST_HALF, width - COLUMNS));
    this.#near = room >> 1;
    this.#far = room - this.#near;
    this.#width = COLUMNS + room;
    this.#times = new RelativeTime(flow.start, Math.max(flow.end, flow.followedUntil), TIME);
    this.#labels = new SegmentLabels({ ...flow, segments: flow.path.map((p) => p.segment) });
    this.#lanes = { client: new Lane(flow, 'client'), server: new Lane(flow, 'server') };
  }

  lines(): string[] {
    for (const line of header(this.#flow, this.#width)) this.#lines.push(this.#style('strong', line));
    this.#lines.push('');
    this.#emit(
      'time',
      ['quiet', 'client'],
      [
        [null, ' '.repeat(this.#near - 2)],
        ['quiet', 'path'],
      ],
      ['quiet', 'server'],
    );
    this.#emit('', this.#lanes.client.name(), this.#path(), this.#lanes.server.name());
    for (const row of compareRows(this.#flow)) this.#row(row);
    return this.#lines;
  }

  #row(row: Row): void {
    switch (row.type) {
      case 'segment':
        this.#segment(row.passed, row.at, row.changes);
        break;
      case 'run': {
        const bytes = row.bytes > 0 ? `, ${formatBytes(row.bytes)}` : '';
        const text = `… ${formatCount(row.segments)} ${row.segments === 1 ? 'segment' : 'segments'}${bytes}, ${formatDuration(row.until - row.at)} …`;
        const inset = Math.max(0, (this.#near + 1 + this.#far - displayWidth(text)) >> 1);
        this.#emitAt(row.at, {}, [
          [null, ' '.repeat(inset)],
          ['quiet', text],
        ]);
        break;
      }
      case 'change': {
        const { transition } = row;
        const what = transition.basis === 'timer' ? 'timer' : `frame ${transition.frame}`;
        const left = transition.endpoint === 'client';
        const room = left ? this.#near : this.#far;
        const word: Piece = ['quiet', padded(what, room, left ? 'end' : 'start')];
        const middle: Piece[] = left
          ? [word, ...this.#pathMark(), [null, ' '.repeat(this.#far)]]
          : [[null, ' '.repeat(this.#near)], ...this.#pathMark(), word];
        this.#emitAt(row.at, { [transition.endpoint]: transition }, middle, this.#times.estimate(transition));
        break;
      }
      case 'finding':
        this.#finding(row.finding);
    }
  }

  #segment(passed: PathSegment, at: Time, changes: Changes): void {
    this.#emitAt(at, changes, this.#arrow(passed));
  }

  /** From its sender to the path, and on to its receiver with the time that it took; lost where it was lost. */
  #arrow({ segment, fate, sentAt, arrivedAt }: PathSegment): Piece[] {
    const toServer = (segment.from === 'client') === (segment.icmp === null);
    const [own, beyond] = toServer ? [this.#near, this.#far] : [this.#far, this.#near];
    const look: Look | null =
      fate === 'lost' || fate === 'injected' || segment.flags & RST
        ? 'failed'
        : segment.retransmission
          ? 'repeated'
          : null;
    const line = look ?? 'quiet';
    const injected = fate === 'injected';
    const room = injected ? beyond : own;
    const label = this.#labels.fit(segment, room - 5);
    const delay = sentAt !== null && arrivedAt !== null ? ` ${formatDuration(arrivedAt - sentAt)} ` : '';
    const dashes = (n: number): string => '─'.repeat(Math.max(0, n));
    let first: Piece[];
    let mark: Piece;
    let second: Piece[];
    if (injected) {
      first = [[null, ' '.repeat(own)]];
      mark = ['failed', '○'];
      second = [
        [line, '─ '],
        [look, label],
        [line, ` ${dashes(room - displayWidth(label) - 4)}▶`],
      ];
    } else {
      first = [
        [line, '── '],
        [look, label],
        [line, ` ${dashes(own - displayWidth(label) - 4)}`],
      ];
      mark = fate === 'lost' ? ['failed', '✗'] : ['quiet', '┼'];
      const used = displayWidth(delay);
      second =
        fate === 'lost'
          ? [[null, ' '.repeat(beyond)]]
          : [
              [line, '─'],
              ['quiet', delay],
              [line, `${dashes(beyond - used - 2)}▶`],
            ];
    }
    return toServer ? [...first, mark, ...second] : [...mirrored(second), mark, ...mirrored(first)];
  }

  #finding(finding: ComparedFinding): void {
    const indent = TIME + GAP + 3;
    const room = Math.min(MOST_TEXT, this.#width - indent - 2);
    const paragraphs: [Look, string][] = [
      [finding.severity, `${SEVERITY_MARK[finding.severity]} ${finding.kind}: ${escapeText(finding.message)}`],
    ];
    if (finding.verdict !== null) paragraphs.push(['strong', `= ${escapeText(finding.verdict)}`]);
    else if (finding.severity === 'error' || finding.severity === 'warning')
      paragraphs.push(['quiet', `→ ${escapeText(finding.advice)}`]);
    const [laneLook, mark] = this.#lanes.client.mark(finding.at);
    paragraphs.forEach(([look, paragraph], p) => {
      wrap(paragraph, room).forEach((part, i) => {
        const branch: Piece = p === 0 && i === 0 ? [laneLook, '├╌ '] : [laneLook, `${mark}  `];
        const line = new Line().cell(TIME).gap(GAP).cell(3, branch);
        line.cell(room + 2, [look, i === 0 ? part : `  ${part}`]);
        this.#lines.push(line.render(this.#style));
      });
    });
  }

  #emitAt(at: Time, changes: Changes, middle: readonly Piece[], relative = this.#times.exact(at)): void {
    this.#emit(relative, this.#lane('client', at, changes), middle, this.#lane('server', at, changes));
  }

  #emit(relative: string, client: Piece, middle: readonly Piece[], server: Piece): void {
    const line = new Line().cell(TIME, ['quiet', padStart(relative, TIME)]).gap(GAP);
    line
      .cell(LANE, client)
      .gap(GAP)
      .cell(this.#near + 1 + this.#far, ...middle)
      .gap(GAP)
      .cell(LANE, server);
    this.#lines.push(line.render(this.#style));
  }

  #lane(side: Side, time: Time, changes: Changes): Piece {
    const lane = this.#lanes[side];
    const change = changes[side];
    if (change === undefined) return lane.mark(time);
    lane.change(change);
    return lane.name();
  }

  #pathMark(): Piece[] {
    return [['quiet', '│']];
  }

  #path(): Piece[] {
    return [[null, ' '.repeat(this.#near)], ...this.#pathMark()];
  }
}

const HEADS: Readonly<Record<string, string>> = { '▶': '◀' };

/** The same pieces read from the other end: their order turned around, their words kept. */
function mirrored(pieces: readonly Piece[]): Piece[] {
  return pieces.toReversed().map(([look, text]) => {
    const words = text.trim();
    if (words !== '' && !/^[\u2500\u25b6\u25cb]+$/.test(words)) return [look, text];
    return [
      look,
      [...text]
        .reverse()
        .map((c) => HEADS[c] ?? c)
        .join(''),
    ];
  });
}

function padded(text: string, width: number, side: 'start' | 'end'): string {
  const blank = ' '.repeat(Math.max(0, width - displayWidth(text)));
  return side === 'start' ? blank + text : text + blank;
}

function header(flow: ComparedFlow, width: number): string[] {
  const name = `flow ${flow.flow}`;
  const indent = name.length + 3;
  const room = width - indent;
  const [client, server] = [endpointText(flow.client), endpointText(flow.server)];
  const joined = `${client} → ${server}`;
  const parts = [
    ...(displayWidth(joined) <= room ? [joined] : [client, `→ ${server}`]),
    formatTimestamp(flow.start, flow.clock).replace('T', ' ').replace('Z', ' UTC'),
    formatDuration(flow.end - flow.start),
  ];
  const lines = pack(parts, '   ', room);
  for (const side of ['client', 'server'] as const) {
    const tap = flow.taps[side];
    const files = tap && truncateStart(escapeText(tap.captures.join(', ')), Math.max(20, room - 40));
    const what =
      tap === null ? `not in the ${side}'s side's capture` : `${side}'s side: ${files}, tcp.stream eq ${tap.tcpStream}`;
    lines.push(...wrap(what, room));
  }
  for (const line of flowClockWords(flow)) lines.push(...wrap(line, room));
  for (const line of flowPathWords(flow)) lines.push(...wrap(line, room));
  for (const what of flow.rewritten) lines.push(...wrap(`between them: ${escapeText(what)}`, room));
  return lines.map((line, index) => (index === 0 ? name.padEnd(indent) : ' '.repeat(indent)) + line);
}
