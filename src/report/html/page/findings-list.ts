import type { CatalogueEntry } from '../../../findings/catalogue-entry.js';
import { formatCount } from '../../units.js';
import type { FindingFacts } from '../embedded.js';
import { type App, link, NO_CONDITIONS, type Part } from './app.js';
import { h } from './dom.js';
import { countKinds, selectInTime } from './selection.js';
import { severityMark } from './severity.js';
import { timeOfDay } from './times.js';
import type { ViewState } from './view-state.js';

const MOST_EXAMPLES = 5;

interface Found {
  readonly finding: FindingFacts;
  readonly flows: number;
}

const isWrong = ({ severity }: FindingFacts): boolean => severity === 'error' || severity === 'warning';

/** What was found, the worst first, each with a way to its connections. */
export class FindingsList implements Part {
  readonly element: HTMLElement;
  readonly #app: App;
  readonly #body = h('div', {});
  #range: string | null = null;

  constructor(app: App) {
    this.#app = app;
    this.element = h(
      'section',
      { class: 'card', 'aria-labelledby': 'findings-title' },
      h('h2', { id: 'findings-title' }, 'Findings'),
      this.#body,
    );
  }

  update(state: ViewState): void {
    const range = `${state.from} ${state.to}`;
    if (range === this.#range) return;
    this.#range = range;
    this.#body.replaceChildren(...this.#groups(this.#found(state)));
  }

  /** What is wrong stands open, and what is only worth knowing is folded away where there is something wrong. */
  #groups(found: readonly Found[]): HTMLElement[] {
    const list = (group: readonly Found[]): HTMLElement =>
      h('ol', { class: 'findings' }, ...group.map(({ finding, flows }) => this.#item(finding, flows)));
    const wrong = found.filter(({ finding }) => isWrong(finding));
    const others = found.filter(({ finding }) => !isWrong(finding));
    if (found.length === 0) return [h('p', { class: 'nothing' }, 'Nothing was found.')];
    if (wrong.length === 0)
      return [h('p', { class: 'quiet' }, 'No error and no warning; worth knowing:'), list(others)];
    if (others.length === 0) return [list(wrong)];
    return [
      list(wrong),
      h('details', { class: 'others' }, h('summary', {}, `${others.length} more, worth knowing`), list(others)),
    ];
  }

  /** All findings, with how many connections of the state's stretch of time each touches. */
  #found(state: ViewState): Found[] {
    const { overview, rows } = this.#app.data;
    const { from, to } = state;
    if (from === null || to === null) return overview.findings.map((finding) => ({ finding, flows: finding.flows }));
    const counts = countKinds(rows, selectInTime(rows, state));
    return overview.findings
      .map((finding) => ({ finding, flows: finding.across ? finding.flows : (counts.get(finding.kind) ?? 0) }))
      .filter(({ finding, flows }) =>
        finding.across ? finding.at >= from * 1e3 && finding.at <= to * 1e3 : flows > 0,
      );
  }

  #item(finding: FindingFacts, flows: number): HTMLElement {
    const app = this.#app;
    const { kind, severity, where, message, advice, at, across, verdict } = finding;
    const entry = app.data.overview.catalogue[kind];
    const listed = finding.examples.filter((flow) => app.data.rows.indexOf(flow) >= 0);
    const all = link(
      app,
      `${formatCount(flows)} ${flows === 1 ? 'connection' : 'connections'}`,
      { ...NO_CONDITIONS, view: 'connections', finding: across ? null : kind },
      { class: 'count' },
    );
    return h(
      'li',
      { class: `finding ${severity}`, 'data-kind': kind },
      severityMark(severity),
      h(
        'div',
        { class: 'what' },
        h('h3', {}, entry?.title ?? kind),
        h(
          'p',
          { class: 'where' },
          h('code', {}, kind),
          where !== null && h('span', { class: 'place' }, where),
          `first at ${timeOfDay(at, app.data.overview.clock, 0)}`,
        ),
        h('p', {}, sentence(message)),
        verdict !== null && decided(app, verdict, flows),
        isWrong(finding) &&
          verdict === null &&
          advice !== '' &&
          h('p', { class: 'advice' }, h('span', { 'aria-hidden': 'true' }, '→ '), advice),
        entry !== undefined && meaning(entry),
      ),
      h(
        'div',
        { class: 'flows' },
        // What only many connections together show is no property of one, to be filtered by.
        across ? h('span', { class: 'count' }, all.textContent) : all,
        h(
          'ul',
          { 'aria-label': `First connections with ${kind}` },
          ...listed
            .slice(0, MOST_EXAMPLES)
            .map((flow) =>
              h('li', {}, link(app, `#${flow}`, { view: 'connection', flow }, { 'aria-label': `connection ${flow}` })),
            ),
        ),
      ),
    );
  }
}

/** What the other side's capture decides; of several connections it says of which one that is. */
function decided(app: App, { flow, text }: NonNullable<FindingFacts['verdict']>, flows: number): HTMLElement {
  const which =
    flows > 1 && link(app, `#${flow}`, { view: 'connection', flow }, { 'aria-label': `connection ${flow}` });
  return h('p', { class: 'decided' }, `= ${text}`, which && ' ', which);
}

/** What the catalogue knows of a kind. */
function meaning(entry: CatalogueEntry): HTMLElement {
  const list = (title: string, items: readonly Node[]): Node[] =>
    items.length === 0 ? [] : [h('h4', {}, title), h('ul', {}, ...items)];
  return h(
    'details',
    {},
    h('summary', {}, 'What it means, and what to check'),
    h('p', {}, entry.meaning),
    ...list(
      'Causes, the likeliest first',
      entry.causes.map((cause) => h('li', {}, cause)),
    ),
    ...list(
      'Check',
      entry.checks.map(({ host, command, why }) => h('li', {}, `${host}: `, h('code', {}, command), ` (${why})`)),
    ),
    ...list(
      'Kernel settings',
      entry.settings.map(({ name, effect }) => h('li', {}, h('code', {}, name), ` ${effect}`)),
    ),
    h('p', { class: 'quiet' }, entry.references.join(' · ')),
  );
}

const sentence = (text: string): string =>
  `${text[0]?.toUpperCase() ?? ''}${text.slice(1)}${text.endsWith('.') ? '' : '.'}`;
