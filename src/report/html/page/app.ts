import { h } from './dom.js';
import type { ReportData } from './report-data.js';
import { type Selection, select } from './selection.js';
import { formatHash, INITIAL, parseHash, type ViewState } from './view-state.js';

/** What every part of the page knows: the data, what is shown, and how to show something else. */
export interface App {
  readonly data: ReportData;
  readonly state: ViewState;
  /** Changes what is shown. A change of view is a step in the browser's history, other changes are not. */
  go(changes: Partial<ViewState>): void;
  /** The connections that all conditions hold for, in their order. */
  selection(): Selection;
  /** Where a link with these changes leads. */
  href(changes: Partial<ViewState>): string;
}

/** A part of the page that follows the state. */
export interface Part {
  readonly element: HTMLElement;
  update(state: ViewState): void;
}

/** The conditions that a link to "all of this kind" begins without. */
export const NO_CONDITIONS: Partial<ViewState> = {
  filter: '',
  state: null,
  finding: null,
  closer: null,
  longer: '',
  sort: INITIAL.sort,
  descending: false,
};

/** Keeps the state in the address, so that it can be sent to somebody, and calls `render` whenever it changes. */
export class HashApp implements App {
  state = parseHash(location.hash);
  readonly #render: (state: ViewState, before: ViewState | null) => void;
  #selected: { readonly key: string; readonly selection: Selection } | null = null;

  constructor(
    readonly data: ReportData,
    render: (state: ViewState, before: ViewState | null) => void,
  ) {
    this.#render = render;
    addEventListener('hashchange', () => this.#set(parseHash(location.hash)));
  }

  start(): void {
    this.#render(this.state, null);
  }

  go(changes: Partial<ViewState>): void {
    const state = { ...this.state, ...changes };
    const hash = formatHash(state);
    if (state.view !== this.state.view || state.flow !== this.state.flow) history.pushState(null, '', hash);
    else history.replaceState(null, '', hash);
    this.#set(state);
  }

  href(changes: Partial<ViewState>): string {
    return formatHash({ ...this.state, ...changes });
  }

  selection(): Selection {
    const key = JSON.stringify({ ...this.state, view: null, flow: null, linear: null, unfolded: null });
    if (this.#selected?.key !== key) this.#selected = { key, selection: select(this.data.rows, this.state) };
    return this.#selected.selection;
  }

  #set(state: ViewState): void {
    const before = this.state;
    this.state = state;
    this.#render(state, before);
  }
}

/** A link that changes what is shown. */
export function link(app: App, label: string, changes: Partial<ViewState>, properties: object = {}): HTMLAnchorElement {
  return h('a', { href: app.href(changes), ...properties }, label);
}
