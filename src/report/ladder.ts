import type { LoggedSegment, SegmentRun, Tap, Time, Transition } from '../connection/model.js';
import type { Side } from '../connection/state.js';
import type { Finding, Flow } from '../findings/finding.js';
import { arrow } from './arrow.js';
import { escapeText } from './escape.js';
import { endpointText, framesText, frameText, networkTexts } from './flow-text.js';
import { foldSegments } from './fold.js';
import { type Changes, ladderRows, type Row } from './ladder-rows.js';
import { Lane } from './lane.js';
import { Line, type Piece } from './line.js';
import { type Look, PLAIN, SEVERITY_MARK, type Style } from './look.js';
import { RelativeTime } from './relative-time.js';
import { SegmentLabels } from './segment-label.js';
import { formatBytes, formatCount, formatDuration, formatTimestamp } from './units.js';
import { displayWidth, pack, padStart, truncate, truncateStart, wrap } from './width.js';

export interface LadderOptions {
  /** Columns that a line may take; less than 63 is taken as 63. */
  readonly width?: number;
  readonly style?: Style;
  /** After each change its reason, its bounds, and the frames that proved or contradicted it. */
  readonly why?: boolean;
  /** Names the capture in the header: for more than one. */
  readonly showCapture?: boolean;
}

const TIME = 11;
const LANE = 11;
const GAP = 2;
const WINDOW = 10;
const TIMESTAMPS = 21;
const ABSOLUTE = 15;
/** From here on there is room for absolute time, window and timestamps. */
const WIDE = 120;
const LEAST_ARROW = 24;
const MOST_ARROW = 60;
const NARROW_COLUMNS = TIME + GAP + LANE + GAP + GAP + LANE;
const WIDE_COLUMNS = NARROW_COLUMNS + ABSOLUTE + GAP + GAP + WINDOW + GAP + TIMESTAMPS;
/** Running text gets no wider than this. */
const MOST_TEXT = 100;

const TAP: Readonly<Record<Tap, string>> = {
  client: "client's host",
  server: "server's host",
  middle: 'between the hosts',
  unknown: 'unknown',
};

/** The post-mortem of one connection as text: two lanes, one line a step, no line wider than `width`; ends with a line end. */
export function ladder(flow: Flow, options: LadderOptions = {}): string {
  return `${new Ladder(flow, options).lines().join('\n')}\n`;
}

class Ladder {
  readonly #flow: Flow;
  readonly #style: Style;
  readonly #why: boolean;
  readonly #wide: boolean;
  readonly #width: number;
  readonly #arrow: number;
  readonly #times: RelativeTime;
  readonly #labels: SegmentLabels;
  readonly #lanes: Readonly<Record<Side, Lane>>;
  readonly #header: string[];
  readonly #lines: string[] = [];

  constructor(flow: Flow, options: LadderOptions) {
    this.#flow = flow;
    this.#style = options.style ?? PLAIN;
    this.#why = options.why ?? false;
    const width = options.width ?? 80;
    this.#wide = width >= WIDE;
    const columns = this.#wide ? WIDE_COLUMNS : NARROW_COLUMNS;
    this.#arrow = Math.min(MOST_ARROW, Math.max(LEAST_ARROW, width - columns));
    this.#width = columns + this.#arrow;
    this.#times = new RelativeTime(flow.start, Math.max(flow.end, flow.followedUntil), TIME);
    this.#labels = new SegmentLabels(flow);
    this.#lanes = { client: new Lane(flow, 'client'), server: new Lane(flow, 'server') };
    this.#header = header(flow, this.#width, options.showCapture ?? false);
  }

  lines(): string[] {
    const rows = ladderRows(this.#flow, foldSegments(this.#flow));
    const open = isOpen(this.#flow);
    this.#lines.push(...this.#header.map((line) => this.#style('strong', line)), '');
    this.#columnNames();
    if (this.#lanes.client.state !== null || this.#lanes.server.state !== null) this.#stateNames('', '', []);
    rows.forEach((row, index) => {
      this.#row(row, !open && index === rows.length - 1);
    });
    if (open) this.#end();
    return this.#lines;
  }

  #row(row: Row, last: boolean): void {
    switch (row.type) {
      case 'segment':
        this.#segment(row.segment, row.changes);
        this.#reasons(row.changes, row.segment.time);
        break;
      case 'more':
        this.#emit(this.#start('', '', this.#lane('client', row.time, row.changes)), [], row.time, row.changes, null);
        this.#reasons(row.changes, row.time);
        break;
      case 'change': {
        const { transition } = row;
        const changes: Changes = { [transition.endpoint]: transition };
        const middle: Piece = [
          'quiet',
          transition.basis === 'timer' ? 'timer' : `frame ${frameText(this.#flow, transition.frame)}`,
        ];
        const line = this.#start(
          this.#absolute(transition.at),
          this.#times.estimate(transition),
          this.#lane('client', transition.at, changes),
        );
        this.#emit(line, this.#centred([middle]), transition.at, changes, null);
        this.#reasons(changes, transition.at);
        break;
      }
      case 'finding':
        this.#finding(row.finding, last);
    }
  }

  #segment(segment: LoggedSegment, changes: Changes): void {
    const { time } = segment;
    if (segment.run !== null) {
      this.#run(time, segment.run);
      return;
    }
    const line = this.#start(this.#absolute(time), this.#times.exact(time), this.#lane('client', time, changes));
    this.#emit(line, arrow(segment, this.#labels, this.#arrow), time, changes, segment);
  }

  /** A fold may begin under the client's lane: nothing changes there while it lasts. */
  #run(time: Time, run: SegmentRun): void {
    const room = LANE - 2 + GAP + this.#arrow;
    const candidates = runTexts(run, time);
    const text = truncate(
      candidates.find((candidate) => displayWidth(candidate) <= room) ?? candidates[candidates.length - 1],
      room,
    );
    const inset =
      displayWidth(text) <= this.#arrow
        ? room - this.#arrow + ((this.#arrow - displayWidth(text)) >> 1)
        : room - displayWidth(text);
    const line = this.#stamp(this.#absolute(time), this.#times.exact(time));
    line
      .cell(2, this.#lanes.client.mark(time))
      .gap(inset)
      .cell(room - inset, ['quiet', text]);
    line.gap(GAP).cell(LANE, this.#lanes.server.mark(time));
    this.#lines.push(line.render(this.#style));
  }

  #end(): void {
    const time = this.#flow.followedUntil;
    this.#stateNames(this.#absolute(time), this.#times.exact(time), this.#centred([['quiet', 'the capture ends']]));
  }

  #columnNames(): void {
    const line = this.#stamp('UTC', 'time')
      .cell(LANE, ['quiet', 'client'])
      .gap(GAP + this.#arrow + GAP);
    line.cell(LANE, ['quiet', 'server']);
    if (this.#wide)
      line
        .gap(GAP)
        .cell(WINDOW, ['quiet', padStart('window', WINDOW)])
        .gap(GAP)
        .cell(TIMESTAMPS, ['quiet', 'TSval TSecr']);
    this.#lines.push(line.render(this.#style));
  }

  /** A row that says which states both ends are in. */
  #stateNames(absolute: string, relative: string, middle: readonly Piece[]): void {
    const line = this.#start(absolute, relative, this.#lanes.client.name());
    line
      .cell(this.#arrow, ...middle)
      .gap(GAP)
      .cell(LANE, this.#lanes.server.name());
    this.#lines.push(line.render(this.#style));
  }

  #finding(finding: Finding, last: boolean): void {
    const { client } = this.#lanes;
    const [laneLook, mark] = client.mark(finding.at);
    const room = this.#textWidth();
    const paragraphs: [Look, string][] = [
      [finding.severity, `${SEVERITY_MARK[finding.severity]} ${finding.kind}: ${escapeText(finding.message)}`],
    ];
    if (finding.severity === 'error' || finding.severity === 'warning')
      paragraphs.push(['quiet', `→ ${escapeText(finding.advice)}`]);
    if (this.#why) {
      for (const cause of finding.causes) paragraphs.push(['quiet', `fits: ${escapeText(cause)}`]);
      for (const cause of finding.excluded) paragraphs.push(['quiet', `excluded: ${escapeText(cause)}`]);
    }
    let first = true;
    for (const [look, paragraph] of paragraphs) {
      for (const part of wrapHanging(paragraph, room)) {
        const branch: Piece = first ? [laneLook, last ? '└╌ ' : '├╌ '] : [laneLook, last ? '   ' : `${mark}  `];
        const line = this.#stamp('', '')
          .cell(3, branch)
          .cell(room + 2, [look, part]);
        this.#lines.push(line.render(this.#style));
        first = false;
      }
    }
  }

  #reasons(changes: Changes, time: Time): void {
    if (!this.#why) return;
    for (const transition of [changes.client, changes.server]) {
      if (transition === undefined) continue;
      const mark = this.#lanes.client.mark(time);
      for (const part of wrapHanging(this.#reason(transition), this.#textWidth())) {
        const line = this.#stamp('', '')
          .cell(3, mark)
          .cell(this.#textWidth() + 2, ['quiet', part]);
        this.#lines.push(line.render(this.#style));
      }
    }
  }

  #reason({ endpoint, to, reason, basis, earliest, latest, frame, confirmedBy, revoked }: Transition): string {
    const facts = [`${basis}, frame ${frameText(this.#flow, frame)}`];
    const from = earliest === null ? null : this.#times.exact(earliest);
    const until = latest === null ? null : this.#times.exact(latest);
    if (from !== null && until !== null) facts.push(from === until ? `at ${from}` : `between ${from} and ${until}`);
    else if (until !== null) facts.push(`not after ${until}`);
    else facts.push(from === null ? 'not proved' : `not before ${from}, not proved`);
    if (confirmedBy !== null) facts.push(`proved by frame ${frameText(this.#flow, confirmedBy)}`);
    if (revoked.length > 0) facts.push(`contradicted: ${framesText(this.#flow, revoked)}`);
    return `${endpoint} ${to}: ${escapeText(reason)} (${facts.join('; ')})`;
  }

  /** Applies the client's change, and gives what stands in its lane. */
  #lane(side: Side, time: Time, changes: Changes): Piece {
    const lane = this.#lanes[side];
    const change = changes[side];
    if (change === undefined) return lane.mark(time);
    lane.change(change);
    return lane.name();
  }

  #emit(line: Line, middle: readonly Piece[], time: Time, changes: Changes, segment: LoggedSegment | null): void {
    line
      .cell(this.#arrow, ...middle)
      .gap(GAP)
      .cell(LANE, this.#lane('server', time, changes));
    if (this.#wide && segment !== null && segment.icmp === null) {
      line.gap(GAP).cell(WINDOW, ['quiet', padStart(String(segment.window), WINDOW)]);
      if (segment.hasTimestamps) line.gap(GAP).cell(TIMESTAMPS, ['quiet', `${segment.tsVal} ${segment.tsEcr}`]);
    }
    this.#lines.push(line.render(this.#style));
  }

  #start(absolute: string, relative: string, client: Piece): Line {
    return this.#stamp(absolute, relative).cell(LANE, client).gap(GAP);
  }

  #stamp(absolute: string, relative: string): Line {
    const line = new Line();
    if (this.#wide) line.cell(ABSOLUTE, ['quiet', absolute]).gap(GAP);
    return line.cell(TIME, ['quiet', padStart(relative, TIME)]).gap(GAP);
  }

  #absolute(time: Time): string {
    return formatTimestamp(Math.round(time), this.#flow.clock).slice(11, 11 + ABSOLUTE);
  }

  #centred(pieces: readonly Piece[]): Piece[] {
    const used = pieces.reduce((sum, [, text]) => sum + displayWidth(text), 0);
    return [[null, ' '.repeat((this.#arrow - used) >> 1)], ...pieces];
  }

  #textWidth(): number {
    const indent = (this.#wide ? ABSOLUTE + GAP : 0) + TIME + GAP + 3;
    return Math.min(MOST_TEXT, this.#width - indent - 2);
  }
}

function header(flow: Flow, width: number, showCapture: boolean): string[] {
  const name = `flow ${flow.flow}`;
  const indent = name.length + 3;
  const room = width - indent;
  const started = formatTimestamp(flow.start, flow.clock).replace('T', ' ').replace('Z', ' UTC');
  const client = endpointText(flow.client);
  const server = endpointText(flow.server);
  const joined = `${client} → ${server}`;
  const parts = [
    ...(displayWidth(joined) <= room ? [joined] : [client, `→ ${server}`]),
    `tcp.stream eq ${flow.tcpStream}`,
    ...networkTexts(flow),
    started,
    formatDuration(flow.end - flow.start),
    `tap: ${TAP[flow.tap]}`,
    ...(flow.roles === 'assumed' ? ['no SYN seen: who opened it is a guess'] : []),
    ...(showCapture ? [truncateStart(flow.captures.map(escapeText).join(', '), room)] : []),
  ];
  return pack(parts, '   ', room).map((line, index) => (index === 0 ? name.padEnd(indent) : ' '.repeat(indent)) + line);
}

/** What a folded run was, in words first, then shorter. */
function runTexts({ segments, bytes, lastTime }: SegmentRun, from: Time): string[] {
  const count = `${formatCount(segments.client + segments.server)} segments`;
  const lasted = formatDuration(lastTime - from);
  const toServer = bytes.client > 0 ? formatBytes(bytes.client) : null;
  const toClient = bytes.server > 0 ? formatBytes(bytes.server) : null;
  const long = [count, toServer && `${toServer} to the server`, toClient && `${toClient} to the client`, lasted];
  const short = [count, toServer && `${toServer} ▶`, toClient && `◀ ${toClient}`, lasted];
  return [long, short].map((parts) => `… ${parts.filter(Boolean).join(', ')} …`);
}

/** Lines of at most `width` columns; all but the first are indented by two more. */
function wrapHanging(text: string, width: number): string[] {
  return wrap(text, width).map((line, index) => (index === 0 ? line : `  ${line}`));
}

const isOpen = (flow: Flow): boolean =>
  [flow.clientState, flow.serverState].some((state) => state !== 'CLOSED' && state !== 'LISTEN');
