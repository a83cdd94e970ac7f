import { formatBytes, formatCount, formatDuration } from '../../units.js';
import type { App } from './app.js';
import { button, h } from './dom.js';
import { SORT_LABELS } from './filter-bar.js';
import { isPrinting } from './printing.js';
import { severityMark } from './severity.js';
import { timeOfDay } from './times.js';
import type { Sort, ViewState } from './view-state.js';

interface ColumnView {
  readonly sort: Sort;
  readonly title: string;
  readonly isNumber: boolean;
  readonly fill: (cell: HTMLElement, app: App, row: number) => void;
}

const text = (read: (app: App, row: number) => string) => (cell: HTMLElement, app: App, row: number) => {
  const value = read(app, row);
  if (cell.textContent === value) return;
  cell.textContent = value;
  cell.title = value;
};

const COLUMN_VIEWS: readonly ColumnView[] = [
  { sort: 'flow', title: '#', isNumber: true, fill: text(({ data }, row) => String(data.rows.columns.flow[row])) },
  {
    sort: 'start',
    title: 'start',
    isNumber: false,
    fill: text(({ data }, row) => timeOfDay(data.rows.columns.start[row] * 1e3, data.overview.clock, 3)),
  },
  { sort: 'client', title: 'client', isNumber: false, fill: text(({ data }, row) => data.rows.client(row)) },
  { sort: 'server', title: 'server', isNumber: false, fill: text(({ data }, row) => data.rows.server(row)) },
  { sort: 'clientState', title: 'client’s state', isNumber: false, fill: stateOf('client') },
  { sort: 'serverState', title: 'server’s state', isNumber: false, fill: stateOf('server') },
  {
    sort: 'duration',
    title: 'duration',
    isNumber: true,
    fill: text(({ data }, row) => formatDuration(data.rows.columns.duration[row] * 1e3)),
  },
  {
    sort: 'bytes',
    title: 'bytes',
    isNumber: true,
    fill: text(({ data: { rows } }, row) => formatBytes(rows.columns.clientBytes[row] + rows.columns.serverBytes[row])),
  },
  {
    sort: 'retransmissions',
    title: 'repeated',
    isNumber: true,
    fill: text(({ data }, row) => formatCount(data.rows.columns.retransmissions[row])),
  },
  { sort: 'severity', title: 'findings', isNumber: false, fill: fillFindings },
  {
    sort: 'closer',
    title: 'closed first',
    isNumber: false,
    fill: text(({ data }, row) => (data.rows.closer(row) === 'nobody' ? '–' : data.rows.closer(row))),
  },
];

/** Rows beyond those in sight, above and below. */
const SPARE = 8;
/** Rows that paper gets. */
const MOST_PRINTED = 500;
/** Where rows become cards of three lines; their heights in pixels, as in connections.css. */
const NARROW = '(max-width: 760px)';
const ROW = 34;
const NARROW_ROW = 76;

/** A table of any length: only the rows in sight exist, and are used again as it scrolls. */
export class FlowTable {
  readonly element: HTMLElement;
  readonly #app: App;
  readonly #head: HTMLElement;
  readonly #scroller: HTMLElement;
  readonly #body = h('div', { class: 'rows', role: 'rowgroup' });
  readonly #empty = h('p', { class: 'nothing' }, 'No connection fits these conditions.');
  readonly #narrow = matchMedia(NARROW);
  #pool: RowView[] = [];
  #rows: Uint32Array = new Uint32Array(0);
  /** The row that the keyboard is on, as an index into what is shown. */
  #current = 0;
  #scheduled = false;
  #drawing = 0;

  constructor(app: App) {
    this.#app = app;
    this.#head = h(
      'div',
      { class: 'row head', role: 'row', 'aria-rowindex': 1 },
      ...COLUMN_VIEWS.map((column) => this.#heading(column)),
    );
    this.#scroller = h(
      'div',
      {
        class: 'flow-table',
        role: 'grid',
        tabindex: 0,
        'aria-label': 'Connections. Arrow keys move, Enter opens one.',
        on: {
          scroll: () => this.#schedule(),
          keydown: (event) => this.#key(event as KeyboardEvent),
          focus: () => this.#draw(),
          blur: () => this.#draw(),
        },
      },
      h('div', { role: 'rowgroup', class: 'head-group' }, this.#head),
      this.#body,
    );
    this.element = h('div', { class: 'table-frame' }, this.#scroller, this.#empty);
    new ResizeObserver(() => this.#schedule()).observe(this.#scroller);
    this.#narrow.addEventListener('change', () => {
      this.#drawing++;
      this.#draw();
    });
  }

  show(rows: Uint32Array, state: ViewState): void {
    if (rows !== this.#rows) {
      this.#rows = rows;
      this.#current = 0;
      this.#scroller.scrollTop = 0;
    }
    COLUMN_VIEWS.forEach(({ sort }, index) => {
      const order = state.sort !== sort ? 'none' : state.descending ? 'descending' : 'ascending';
      this.#head.children[index].setAttribute('aria-sort', order);
    });
    this.#drawing++;
    this.#empty.hidden = rows.length > 0;
    this.#scroller.setAttribute('aria-rowcount', String(rows.length + 1));
    this.#draw();
  }

  #heading({ sort, title, isNumber }: ColumnView): HTMLElement {
    const order = button(title, () => this.#sortBy(sort), { 'aria-label': `Sort by ${SORT_LABELS[sort]}` });
    return h('span', { role: 'columnheader', class: `cell ${sort}${isNumber ? ' number' : ''}` }, order);
  }

  #sortBy(sort: Sort): void {
    const { state } = this.#app;
    // What people look for in numbers are the great ones, in findings the bad ones: those come first.
    const fromTop = sort === 'duration' || sort === 'bytes' || sort === 'retransmissions';
    this.#app.go({ sort, descending: state.sort === sort ? !state.descending : fromTop });
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    requestAnimationFrame(() => {
      this.#scheduled = false;
      this.#draw();
    });
  }

  #draw(): void {
    const height = this.#rowHeight;
    const printing = isPrinting();
    const { scrollTop, clientHeight } = this.#scroller;
    const first = printing ? 0 : Math.max(0, Math.floor(scrollTop / height) - SPARE);
    const wanted = printing ? MOST_PRINTED : Math.ceil(clientHeight / height) + 2 * SPARE;
    const last = Math.min(this.#rows.length, first + wanted);
    this.#body.style.height = `${(printing ? last : this.#rows.length) * height}px`;
    while (this.#pool.length < wanted) this.#pool.push(new RowView(this.#app, this.#body));
    // A row keeps its element while it is in sight: scrolling by one fills one.
    this.#pool.forEach((view, place) => {
      const index = first + ((((place - first) % this.#pool.length) + this.#pool.length) % this.#pool.length);
      if (index < last) view.show(index, this.#rows[index], index * height, this.#isCurrent(index), this.#drawing);
      else view.hide();
    });
    this.#scroller.setAttribute('aria-activedescendant', `row-${this.#current}`);
  }

  get #rowHeight(): number {
    return this.#narrow.matches ? NARROW_ROW : ROW;
  }

  #isCurrent(index: number): boolean {
    return index === this.#current && document.activeElement === this.#scroller;
  }

  #key(event: KeyboardEvent): void {
    const height = this.#rowHeight;
    const page = Math.max(1, Math.floor(this.#scroller.clientHeight / height) - 2);
    const steps: Readonly<Record<string, number | undefined>> = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: page,
      PageUp: -page,
      Home: -this.#rows.length,
      End: this.#rows.length,
    };
    const step = steps[event.key];
    if (event.target !== this.#scroller || this.#rows.length === 0) return;
    if (event.key === 'Enter') {
      this.#app.go({ view: 'connection', flow: this.#app.data.rows.columns.flow[this.#rows[this.#current]] });
    } else if (step !== undefined) {
      event.preventDefault();
      this.#current = Math.min(this.#rows.length - 1, Math.max(0, this.#current + step));
      this.#reveal(height);
      this.#draw();
    }
  }

  #reveal(height: number): void {
    const top = this.#current * height;
    const room = this.#scroller.clientHeight - this.#head.offsetHeight;
    if (top < this.#scroller.scrollTop) this.#scroller.scrollTop = top;
    else if (top + height > this.#scroller.scrollTop + room) this.#scroller.scrollTop = top + height - room;
  }
}

/** One row that can stand for any connection. */
class RowView {
  readonly #app: App;
  readonly #element: HTMLAnchorElement;
  readonly #cells: readonly HTMLElement[];
  #row = -1;
  #shown = '';

  constructor(app: App, parent: HTMLElement) {
    this.#app = app;
    this.#cells = COLUMN_VIEWS.map(({ sort, isNumber }) =>
      h('span', { role: 'gridcell', class: `cell ${sort}${isNumber ? ' number' : ''}` }),
    );
    this.#element = h('a', { class: 'row', role: 'row', tabindex: -1 }, ...this.#cells);
    parent.append(this.#element);
  }

  /** `drawing` is another number when the same row could look different: another address, another height. */
  show(index: number, row: number, top: number, current: boolean, drawing: number): void {
    const shown = `${index} ${current} ${drawing}`;
    if (shown === this.#shown) return;
    this.#shown = shown;
    const element = this.#element;
    element.hidden = false;
    element.style.transform = `translateY(${top}px)`;
    element.classList.toggle('current', current);
    element.setAttribute('aria-selected', String(current));
    element.id = `row-${index}`;
    element.setAttribute('aria-rowindex', String(index + 2));
    element.classList.toggle('odd', index % 2 === 1);
    element.href = this.#app.href({ view: 'connection', flow: this.#app.data.rows.columns.flow[row] });
    if (row === this.#row) return;
    this.#row = row;
    for (const [column, { fill }] of COLUMN_VIEWS.entries()) fill(this.#cells[column], this.#app, row);
  }

  hide(): void {
    this.#shown = '';
    this.#element.hidden = true;
    this.#element.id = '';
  }
}

function stateOf(side: 'client' | 'server') {
  return (cell: HTMLElement, { data: { rows } }: App, row: number): void => {
    const state = side === 'client' ? rows.clientState(row) : rows.serverState(row);
    if (cell.textContent === state) return;
    cell.replaceChildren(h('i', { class: `dot ${state}`, 'aria-hidden': 'true' }), state);
  };
}

function fillFindings(cell: HTMLElement, { data: { rows } }: App, row: number): void {
  const severity = rows.severity(row);
  const kinds = rows.kinds(row).join(', ');
  cell.title = kinds;
  cell.replaceChildren(...(severity === null ? [] : [severityMark(severity), ` ${kinds}`]));
}
