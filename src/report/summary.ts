import type { Clock, Tap, Time } from '../connection/model.js';
import type { Side, TcpState } from '../connection/state.js';
import {
  type Analysis,
  type CaptureSummary,
  droppedFrames,
  type Outcome,
  type OutOfOrder,
} from '../findings/analysis.js';
import { type FindingKind, type Flow, SEVERITIES, type Severity } from '../findings/finding.js';
import { escapeText, shellWord } from './escape.js';
import { endpointText, framesText } from './flow-text.js';
import { givenUpText } from './given-up.js';
import { type Look, PLAIN, SEVERITY_MARK, type Style } from './style.js';
import { formatCount, formatDuration, formatTimestamp } from './units.js';
import { displayWidth, pack, padEnd, padStart, truncate, truncateStart, wrap } from './width.js';

export interface SummaryOptions {
  /** Columns that a line may take; less than 80 is taken as 80. Commands to copy are never broken. */
  readonly width?: number;
  readonly style?: Style;
}

/** More captures than this are counted, not listed, unless something is wrong with them. */
const MOST_CAPTURES = 8;
const MOST_WORST = 5;
/** Captures that a command to copy names, one by one. */
const MOST_NAMED = 3;
const NAME_COLUMNS = 20;
const OUTCOMES: readonly Outcome[] = ['closed in order', 'reset', 'still open', 'never opened'];

const CAPTURED: Readonly<Record<Tap, string | null>> = {
  client: "captured on the client's host",
  server: "captured on the server's host",
  middle: 'captured between the hosts',
  unknown: null,
};

/** One line of the table of findings, whether a connection shows it or only many do together. */
interface Item {
  readonly kind: FindingKind;
  readonly severity: Severity;
  readonly flows: number;
  readonly where: string | null;
  readonly first: string;
  readonly message: string;
  readonly advice: string;
}

/** The text of `analyze`: what the captures are, where they were taken, what is wrong, and what to type next. */
export function summary(analysis: Analysis, options: SummaryOptions = {}): string {
  const width = Math.max(80, options.width ?? 80);
  const style = options.style ?? PLAIN;
  const items = itemsOf(analysis);
  const wrong = items.filter((item) => isWrong(item.severity));
  const others = items.filter((item) => !isWrong(item.severity));
  const blocks = [captures(analysis, width, style), connections(analysis, style)];
  if (analysis.flows > 0) {
    blocks.push(
      wrong.length > 0 ? table('What is wrong', wrong, width, style) : ['No error and no warning was found.'],
    );
    if (others.length > 0) blocks.push(table('Worth knowing', others, width, style));
    if (wrong.length > 0 && analysis.worst.length > 0) blocks.push(worst(analysis.worst, width, style));
    blocks.push(lookCloser(analysis, items));
  }
  return `${blocks.map((block) => block.join('\n')).join('\n\n')}\n`;
}

const isWrong = (severity: Severity): boolean => severity === 'error' || severity === 'warning';

function captures(analysis: Analysis, width: number, style: Style): string[] {
  const { captures: all, tap, tapRtt } = analysis;
  const listed =
    all.length <= MOST_CAPTURES ? all : all.filter((capture) => capture.error !== null).slice(0, MOST_CAPTURES);
  const lines = listed.flatMap((capture) => captureLines(capture, width, style));
  const rest = all.filter((capture) => !listed.includes(capture));
  if (rest.length > 0) {
    const frames = rest.reduce((sum, capture) => sum + capture.frames, 0);
    const segments = rest.reduce((sum, capture) => sum + capture.tcpSegments, 0);
    const more = listed.length > 0 ? 'more captures' : 'captures';
    lines.push(`${formatCount(rest.length)} ${more}: ${formatCount(frames)} frames, ${formatCount(segments)} TCP`);
  }
  const where = CAPTURED[tap];
  if (where !== null) {
    const rtt = tapRtt === null ? '' : formatDuration(tapRtt * 1e9);
    const answers =
      rtt === '' || tap === 'unknown' ? '' : ` (the ${tap === 'client' ? 'client' : 'server'} answers within ${rtt})`;
    const indent = all.length === 1 ? nameColumns(all[0]) : 0;
    lines.push(...wrap(where + answers, width - indent).map((line) => ' '.repeat(indent) + line));
  }
  return lines;
}

function nameColumns(capture: CaptureSummary): number {
  return Math.min(NAME_COLUMNS, displayWidth(escapeText(capture.path)) + 3);
}

function captureLines(capture: CaptureSummary, width: number, style: Style): string[] {
  const name = escapeText(capture.path);
  const indent = nameColumns(capture);
  const facts: string[] = [];
  if (capture.frames > 0 || capture.error === null) {
    const format = capture.compression === null ? capture.format : `${capture.format} (${capture.compression})`;
    facts.push(`${format}, ${escapeText(capture.linkType)}`);
    facts.push(`${formatCount(capture.frames)} frames, ${formatCount(capture.tcpSegments)} TCP`);
  }
  const span = spanOf(capture);
  if (span !== null) facts.push(span);
  const skipped = Object.entries(capture.skipped).filter(([, count]) => count > 0);
  if (skipped.length > 0) {
    facts.push(
      `passed over: ${skipped.map(([reason, count]) => `${formatCount(count)} ${escapeText(reason)}`).join(', ')}`,
    );
  }
  const { packets, reassembled, overlapping } = capture.fragments;
  if (packets > 0)
    facts.push(`${formatCount(reassembled)} of ${formatCount(packets)} packets in fragments put together`);
  if (overlapping > 0) facts.push(`${formatCount(overlapping)} fragments overlap others (the first copy was taken)`);
  facts.push(...outOfOrderFacts(capture.outOfOrder));
  const dropped = droppedFrames(capture);
  if (dropped !== null && dropped > 0) facts.push(`${formatCount(dropped)} frames were lost while capturing`);
  const room = width - indent;
  const lines = pack(facts, ' · ', room).flatMap((line) => wrap(line, room));
  if (capture.error !== null) {
    const { frame, expected, found } = capture.error;
    const place =
      capture.frames > 0 ? `broke off${frame === null ? '' : ` at frame ${formatCount(frame)}`}` : 'could not be read';
    lines.push(
      ...wrap(`✖ ${place}: expected ${escapeText(expected)}, found ${escapeText(found)}`, room).map((line) =>
        style('error', line),
      ),
    );
  } else if (!capture.complete) {
    lines.push(style('error', '✖ could not be read to its end'));
  }
  const fits = displayWidth(name) + 3 <= indent;
  const shown = style('strong', truncateStart(name, width));
  const indented = lines.map((line) => ' '.repeat(indent) + line);
  if (!fits) return [shown, ...indented];
  return [shown + ' '.repeat(indent - displayWidth(name)) + lines[0], ...indented.slice(1)];
}

/** A window worth asking for; what is further apart tells of a clock that was set. */
const WIDEST_WINDOW = 10e9;

function outOfOrderFacts({ frames, furthest, unsorted }: OutOfOrder): string[] {
  if (frames === 0) return [];
  if (unsorted === 0) return [`${formatCount(frames)} ${frames === 1 ? 'frame was' : 'frames were'} put in time order`];
  const of = unsorted < frames ? ` of ${formatCount(frames)}` : '';
  const fact = `${formatCount(unsorted)}${of} ${frames === 1 ? 'frame is' : 'frames are'} out of time order, by up to ${formatDuration(furthest)}`;
  return [furthest > WIDEST_WINDOW ? fact : `${fact}: --reorder ${Math.floor(furthest / 1e6) + 1}ms sorts them`];
}

/** `2026-11-20 14:02:11 – 14:09:58 UTC (7 min 47 s)` */
function spanOf({ clock, firstFrameAt, lastFrameAt }: CaptureSummary): string | null {
  if (clock === null || firstFrameAt === null || lastFrameAt === null) return null;
  const from = dateAndTime(firstFrameAt, clock);
  const until = dateAndTime(lastFrameAt, clock);
  const sameDay = from.date === until.date;
  return `${from.date} ${from.time} – ${sameDay ? '' : `${until.date} `}${until.time} UTC (${formatDuration(lastFrameAt - firstFrameAt)})`;
}

function dateAndTime(time: Time, clock: Clock): { date: string; time: string } {
  const text = formatTimestamp(Math.round(time), clock);
  return { date: text.slice(0, 10), time: text.slice(11, 19) };
}

/** How connections ended on the left, in which states both ends were left on the right. */
function connections(analysis: Analysis, style: Style): string[] {
  if (analysis.flows === 0) return ['No TCP connection.'];
  const total = formatCount(analysis.flows);
  const outcomes = OUTCOMES.filter((outcome) => analysis.outcomes[outcome] > 0);
  const counts = outcomes.map((outcome) => formatCount(analysis.outcomes[outcome]));
  const column = Math.max(total.length, ...counts.map((count) => count.length)) + 2;
  const left = [
    `${total} ${analysis.flows === 1 ? 'connection' : 'connections'}`,
    ...outcomes.map((outcome, index) => `${padStart(counts[index], column)} ${outcome}`),
  ];
  const states = openStates(analysis);
  const right = [
    states.length > 0
      ? `${padEnd('at the end', 14)}${padStart('client', 10)}${padStart('server', 10)}`
      : 'at the end every socket was gone',
    ...states.map((state) => {
      const cells = (['client', 'server'] satisfies Side[]).map((side) =>
        padStart(formatCount(analysis.statesAtEnd[side][state] ?? 0), 10),
      );
      return `${style(state, padEnd(state, 14))}${cells.join('')}`;
    }),
  ];
  const lines = Array.from({ length: Math.max(left.length, right.length) }, (_, index) => {
    const line = left[index] ?? '';
    return right[index] === undefined ? line : padEnd(line, 38) + right[index];
  });
  return analysis.givenUp === 0 ? lines : [...lines, '', givenUpText(analysis.givenUp)];
}

/** States that netstat would still show, the most frequent first. */
function openStates({ statesAtEnd: { client, server } }: Analysis): TcpState[] {
  const count = (state: TcpState) => (client[state] ?? 0) + (server[state] ?? 0);
  const seen = new Set([...Object.keys(client), ...Object.keys(server)] as TcpState[]);
  // To compare names as a language does takes the engine three milliseconds to begin.
  return [...seen]
    .filter((state) => state !== 'CLOSED' && state !== 'LISTEN' && count(state) > 0)
    .sort((a, b) => count(b) - count(a) || (a < b ? -1 : 1));
}

/** Findings of single connections and of many together, by severity, then by how many connections they touch. */
function itemsOf(analysis: Analysis): Item[] {
  const single = analysis.findings.map(
    (finding): Item => ({ ...finding, first: dateAndTime(finding.firstAt, finding.clock).time }),
  );
  const across = analysis.acrossFlows.map(
    (finding): Item => ({
      ...finding,
      where: finding.subject,
      first: dateAndTime(finding.at, finding.clock).time,
    }),
  );
  return [...across, ...single].sort(
    (a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) || b.flows - a.flows,
  );
}

function table(title: string, items: readonly Item[], width: number, style: Style): string[] {
  const flows = Math.max(5, ...items.map((item) => formatCount(item.flows).length));
  const kinds = Math.max(...items.map((item) => item.kind.length));
  const left = width - flows - 2 - 12;
  const lines = [`${style('strong', padEnd(title, left))}  ${padStart('flows', flows)}  first seen`];
  for (const item of items) {
    const where = item.where === null ? '' : escapeText(item.where);
    const room = left - kinds - 6;
    const beside = displayWidth(where) <= room;
    const name = `${style(item.severity, ` ${SEVERITY_MARK[item.severity]} ${padEnd(item.kind, kinds)}`)}   ${padEnd(beside ? where : '', room)}`;
    lines.push(`${name}  ${padStart(formatCount(item.flows), flows)}  ${item.first}`);
    const said = beside ? escapeText(item.message) : `${where}: ${escapeText(item.message)}`;
    lines.push(...wrap(said, width - 5).map((line) => `     ${line}`));
    if (!isWrong(item.severity)) continue;
    lines.push(
      ...wrap(escapeText(item.advice), width - 7).map((line, index) => `     ${index === 0 ? '→' : ' '} ${line}`),
    );
  }
  return lines;
}

/** One line each: number, endpoints, the worst finding, its frames. */
function worst(flows: readonly Flow[], width: number, style: Style): string[] {
  const shown = flows.filter((flow) => flow.findings.length > 0).slice(0, MOST_WORST);
  const numbers = Math.max(...shown.map((flow) => String(flow.flow).length));
  const lines = shown.flatMap((flow) => {
    const [finding] = flow.findings;
    const look: Look = finding.severity;
    const name = ` flow ${padEnd(String(flow.flow), numbers)}   `;
    const ends = `${endpointText(flow.client)} → ${endpointText(flow.server)}`;
    const parts = [ends, finding.kind, ...(finding.frames.length > 0 ? [framesText(flow, finding.frames, 3)] : [])];
    return pack(parts, '   ', width - name.length).map((line, index) => {
      const fitted = truncate(line, width - name.length).replace(finding.kind, (kind) => style(look, kind));
      return (index === 0 ? name : ' '.repeat(name.length)) + fitted;
    });
  });
  return [style('strong', 'Connections to open first'), ...lines];
}

/** Commands to copy. */
function lookCloser(analysis: Analysis, items: readonly Item[]): string[] {
  const paths = analysis.captures.filter((capture) => capture.frames > 0).map((capture) => capture.path);
  const named = paths.length <= MOST_NAMED ? paths : analysis.worst.slice(0, 1).map((flow) => flow.capture);
  const files = named.map(commandWord).join(' ') || 'FILE';
  const [first] = analysis.worst;
  const single = items.find((item) => analysis.findings.some((finding) => finding.kind === item.kind));
  const commands: string[] = [];
  if (first !== undefined && paths.length <= MOST_NAMED)
    commands.push(`lastack timeline ${files} --flow ${first.flow}`);
  if (single !== undefined) commands.push(`lastack timeline ${files} --finding ${single.kind}`);
  if (items.length > 0) commands.push(`lastack explain ${items[0].kind}`);
  if (commands.length === 0) commands.push(`lastack timeline ${files}`, `lastack states ${files}`);
  return commands.map((command, index) => `${index === 0 ? 'Look closer:' : '            '}  ${command}`);
}

/** A path as one can type it again: standard input cannot be read twice, and a leading dash is no option. */
function commandWord(path: string): string {
  if (path === '-') return 'FILE';
  return shellWord(path.startsWith('-') ? `./${path}` : path);
}
