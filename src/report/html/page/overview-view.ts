import { formatBytes, formatCount, formatDuration } from '../../units.js';
import type { CaptureFacts, ComparisonFacts, Overview } from '../embedded.js';
import type { App, Part } from './app.js';
import { h } from './dom.js';
import { FindingsList } from './findings-list.js';
import { OutcomeCard } from './outcome-card.js';
import { pathCard } from './path-card.js';
import { RangeBar } from './range-bar.js';
import { severityMark } from './severity.js';
import { StatesChart } from './states-chart.js';
import { TopCard } from './top-card.js';
import type { ViewState } from './view-state.js';

/** More captures than this are folded away, unless something is wrong with them. */
const MOST_CAPTURES = 3;

const CAPTURED = {
  client: "Captured on the client's host",
  server: "Captured on the server's host",
  middle: 'Captured between the hosts',
  unknown: null,
} as const;

/** What was captured, what is wrong with it, and where to look. */
export class OverviewView implements Part {
  readonly element: HTMLElement;
  readonly #parts: readonly Part[];

  constructor(app: App) {
    const { data } = app;
    const range = new RangeBar(app);
    const findings = new FindingsList(app);
    const chart = new StatesChart(app);
    const outcome = new OutcomeCard(app);
    const services = new TopCard(app, 'server');
    const clients = new TopCard(app, 'client');
    this.#parts = [range, findings, chart, outcome, services, clients];
    this.element = h(
      'div',
      { class: 'overview' },
      verdict(app),
      captures(app),
      data.overview.comparison !== null && pathCard(data.overview.comparison, data.overview.clock),
      range.element,
      findings.element,
      chart.element,
      h('div', { class: 'cards' }, outcome.element, services.element, clients.element),
    );
  }

  update(state: ViewState): void {
    for (const part of this.#parts) part.update(state);
  }
}

function verdict({ data }: App): HTMLElement {
  const { severity, text } = data.overview.verdict;
  return h(
    'div',
    { class: `verdict ${severity ?? 'well'}` },
    severity === null ? h('span', { class: 'mark', 'aria-hidden': 'true' }, '✓') : severityMark(severity),
    h('h1', {}, text),
  );
}

function captures({ data }: App): HTMLElement {
  const { captures, tap, tapRtt, comparison } = data.overview;
  if (comparison !== null) return sides(data.overview, comparison);
  const shown = captures.length <= MOST_CAPTURES ? captures : captures.filter(({ trouble }) => trouble !== null);
  const rest = captures.filter((capture) => !shown.includes(capture));
  const where = CAPTURED[tap];
  const answers =
    tapRtt === null || (tap !== 'client' && tap !== 'server')
      ? ''
      : `, which answers within ${formatDuration(tapRtt * 1e9)}`;
  return h(
    'section',
    { class: 'captures', 'aria-label': 'Captures' },
    ...shown.map(captureLine),
    rest.length > 0 &&
      h(
        'details',
        {},
        h('summary', {}, `${formatCount(rest.length)} ${shown.length > 0 ? 'more captures' : 'captures'}`),
        ...rest.map(captureLine),
      ),
    where !== null && h('p', { class: 'quiet' }, `${where}${answers}.`),
    ...leftOut(data.overview).map((text) => h('p', { class: 'quiet' }, text)),
  );
}

/** The captures of both sides, in the order in which they were named. */
function sides(overview: Overview, { first, words }: ComparisonFacts): HTMLElement {
  return h(
    'section',
    { class: 'captures', 'aria-label': 'Captures' },
    ...overview.captures.map((capture, index) => {
      const line = captureLine(capture);
      line.prepend(h('span', { class: 'side-name' }, index < first ? 'first' : 'second'), ' ');
      return line;
    }),
    ...[...words, ...leftOut(overview)].map((text) => h('p', { class: 'quiet' }, text)),
  );
}

function captureLine({ path, facts, trouble }: CaptureFacts): HTMLElement {
  return h(
    'p',
    {},
    h('strong', { class: 'path' }, path),
    ...facts.map((fact) => h('span', { class: 'fact' }, fact)),
    trouble !== null && h('span', { class: 'trouble' }, severityMark('error'), ` ${trouble}`),
  );
}

/** What there was no room for. */
function leftOut({ givenUp, rows, detail }: Overview): string[] {
  const texts: string[] = givenUp === null ? [] : [`${givenUp}.`];
  if (rows.leftOut > 0) {
    const flows = formatCount(rows.leftOut);
    texts.push(`${flows} connections are counted here, but not listed: the table holds as many as a page can.`);
  }
  if (detail.ordinaryLeftOut) {
    const limit = formatBytes(detail.limit);
    texts.push(`Segments of connections without findings are left out: all together would take more than ${limit}.`);
  }
  if (detail.tellingLeftOut > 0) {
    const flows = formatCount(detail.tellingLeftOut);
    texts.push(
      `Segments of ${flows} connections with findings are left out: ${formatBytes(detail.most)} of others are here.`,
    );
  }
  return texts;
}
