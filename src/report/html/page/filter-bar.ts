import { TCP_STATES } from '../../../connection/state.js';
import type { FindingKind } from '../../../findings/finding.js';
import { CLOSERS } from '../embedded.js';
import type { App, Part } from './app.js';
import { h } from './dom.js';
import { SORTS, type Sort, type ViewState } from './view-state.js';

/** Milliseconds of rest after which what was typed is applied. */
const REST = 150;
const ANY = '';

export const SORT_LABELS: Readonly<Record<Sort, string>> = {
  flow: 'number',
  start: 'start',
  client: 'client',
  server: 'server',
  clientState: "client's state",
  serverState: "server's state",
  duration: 'duration',
  bytes: 'bytes',
  retransmissions: 'repeated',
  severity: 'findings',
  closer: 'closed first',
};

/** The conditions on the connections that are listed. */
export class FilterBar implements Part {
  readonly element: HTMLElement;
  readonly #app: App;
  readonly #problem = h('p', { class: 'problem', role: 'alert', id: 'filter-problem' });
  readonly #fields: readonly {
    readonly field: HTMLInputElement | HTMLSelectElement;
    readonly read: (state: ViewState) => string;
  }[];
  #typing: ReturnType<typeof setTimeout> | undefined;

  constructor(app: App) {
    this.#app = app;
    const kinds = app.data.overview.findings.filter(({ across }) => !across).map(({ kind }) => kind);
    const filter = this.#text('filter', 'host 10.0.3.7 and port 8080', { 'aria-describedby': 'filter-problem' });
    const longer = this.#text('longer', '10s', { size: 6 });
    const state = choice(TCP_STATES, (value) => app.go({ state: value }));
    const finding = choice(kinds, (value: FindingKind | null) => app.go({ finding: value }));
    const closer = choice(CLOSERS, (value) => app.go({ closer: value }));
    const sort = choice(SORTS, (value) => app.go({ sort: value ?? 'flow' }), SORT_LABELS);
    const order = choice(['ascending', 'descending'] as const, (value) =>
      app.go({ descending: value === 'descending' }),
    );
    for (const select of [sort, order]) select.options[0].remove();
    this.#fields = [
      { field: filter, read: (s) => s.filter },
      { field: longer, read: (s) => s.longer },
      { field: state, read: (s) => s.state ?? ANY },
      { field: finding, read: (s) => s.finding ?? ANY },
      { field: closer, read: (s) => s.closer ?? ANY },
      { field: sort, read: (s) => s.sort },
      { field: order, read: (s) => (s.descending ? 'descending' : 'ascending') },
    ];
    this.element = h(
      'form',
      { class: 'filters no-print', role: 'search', on: { submit: (event) => event.preventDefault() } },
      labelled("Filter, in tcpdump's words", filter, 'wide'),
      labelled('Finding', finding),
      labelled('State at the end', state),
      labelled('Closed first', closer),
      labelled('Lasted at least', longer),
      labelled('Sort by', sort, 'sort'),
      labelled('Order', order, 'sort'),
      this.#problem,
    );
  }

  update(state: ViewState): void {
    for (const { field, read } of this.#fields) {
      // What somebody is typing is newer than the state.
      if (field.value !== read(state) && (field !== document.activeElement || field.tagName === 'SELECT'))
        field.value = read(state);
    }
  }

  showProblem(problem: string | null): void {
    this.#problem.textContent = problem ?? '';
    this.#problem.hidden = problem === null;
  }

  #text(name: 'filter' | 'longer', placeholder: string, properties: object): HTMLInputElement {
    const apply = (): void => this.#app.go({ [name]: field.value });
    const field = h('input', {
      type: 'search',
      name,
      placeholder,
      autocomplete: 'off',
      spellcheck: 'false',
      ...properties,
      on: {
        input: () => {
          clearTimeout(this.#typing);
          this.#typing = setTimeout(apply, REST);
        },
      },
    });
    return field;
  }
}

function choice<T extends string>(
  values: readonly T[],
  onChange: (value: T | null) => void,
  labels?: Readonly<Record<T, string>>,
): HTMLSelectElement {
  const select = h(
    'select',
    { on: { change: () => onChange(values.find((value) => value === select.value) ?? null) } },
    h('option', { value: ANY }, 'any'),
    ...values.map((value) => h('option', { value }, labels?.[value] ?? value)),
  );
  return select;
}

const labelled = (label: string, field: HTMLElement, name = ''): HTMLElement =>
  h('label', { class: name }, h('span', {}, label), field);
