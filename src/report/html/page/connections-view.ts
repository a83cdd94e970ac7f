import { formatCount } from '../../units.js';
import { type App, NO_CONDITIONS, type Part } from './app.js';
import { button, h } from './dom.js';
import { FilterBar } from './filter-bar.js';
import { FlowTable } from './flow-table.js';
import { RangeBar } from './range-bar.js';
import type { ViewState } from './view-state.js';

/** All connections that the conditions hold for. */
export class ConnectionsView implements Part {
  readonly element: HTMLElement;
  readonly #app: App;
  readonly #range: RangeBar;
  readonly #filters: FilterBar;
  readonly #table: FlowTable;
  readonly #count = h('p', { class: 'result', role: 'status' });

  constructor(app: App) {
    this.#app = app;
    this.#range = new RangeBar(app);
    this.#filters = new FilterBar(app);
    this.#table = new FlowTable(app);
    this.element = h(
      'div',
      { class: 'connections' },
      h('h1', { class: 'view-title' }, 'Connections'),
      this.#range.element,
      this.#filters.element,
      h(
        'div',
        { class: 'result-line' },
        this.#count,
        button('Clear all conditions', () => app.go({ ...NO_CONDITIONS, from: null, to: null }), { class: 'no-print' }),
      ),
      this.#table.element,
    );
  }

  update(state: ViewState): void {
    this.#range.update(state);
    this.#filters.update(state);
    const { rows, problem } = this.#app.selection();
    this.#filters.showProblem(problem);
    const total = this.#app.data.rows.count;
    const some = rows.length === total ? formatCount(total) : `${formatCount(rows.length)} of ${formatCount(total)}`;
    this.#count.textContent = `${some} ${total === 1 ? 'connection' : 'connections'}`;
    this.#table.show(rows, state);
  }
}
