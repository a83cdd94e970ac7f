import { TCP_STATES } from '../../../connection/state.js';
import { formatCount } from '../../units.js';
import { OUTCOMES } from '../embedded.js';
import { type App, link, NO_CONDITIONS, type Part } from './app.js';
import { h } from './dom.js';
import { STACKED, swatch } from './palette.js';
import { selectInTime } from './selection.js';
import type { ViewState } from './view-state.js';

/** How connections ended, and the states that both ends were left in. */
export class OutcomeCard implements Part {
  readonly element: HTMLElement;
  readonly #app: App;
  readonly #outcomes = h('dl', { class: 'outcomes' });
  readonly #states = h('div', {});
  #range: string | null = null;

  constructor(app: App) {
    this.#app = app;
    this.element = h('section', { class: 'card' }, h('h2', {}, 'How they ended'), this.#outcomes, this.#states);
  }

  update(state: ViewState): void {
    const range = `${state.from} ${state.to}`;
    if (range === this.#range) return;
    this.#range = range;
    const counts = state.from === null ? this.#all() : this.#counted(selectInTime(this.#app.data.rows, state));
    this.#outcomes.replaceChildren(
      ...OUTCOMES.filter((_, index) => counts.outcomes[index] > 0).flatMap((outcome) => [
        h('dt', {}, outcome),
        h('dd', {}, formatCount(counts.outcomes[OUTCOMES.indexOf(outcome)])),
      ]),
    );
    this.#states.replaceChildren(this.#table(counts));
  }

  #table({ client, server }: Counts): HTMLElement {
    const open = STACKED.filter((state) => client[TCP_STATES.indexOf(state)] + server[TCP_STATES.indexOf(state)] > 0);
    if (open.length === 0) return h('p', { class: 'quiet' }, 'At the end every socket was gone.');
    const cell = (count: number) => h('td', {}, formatCount(count));
    return h(
      'table',
      { class: 'counts' },
      h('caption', {}, 'Sockets left at the end'),
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          h('th', { scope: 'col' }, 'state'),
          h('th', { scope: 'col' }, 'client'),
          h('th', { scope: 'col' }, 'server'),
        ),
      ),
      h(
        'tbody',
        {},
        ...open.map((state) => {
          const index = TCP_STATES.indexOf(state);
          const name = link(this.#app, state, { ...NO_CONDITIONS, view: 'connections', state });
          return h('tr', {}, h('th', { scope: 'row' }, swatch(state), name), cell(client[index]), cell(server[index]));
        }),
      ),
    );
  }

  #all(): Counts {
    const { outcomes, statesAtEnd } = this.#app.data.overview;
    return {
      outcomes: OUTCOMES.map((outcome) => outcomes[outcome]),
      client: TCP_STATES.map((state) => statesAtEnd.client[state] ?? 0),
      server: TCP_STATES.map((state) => statesAtEnd.server[state] ?? 0),
    };
  }

  #counted(selected: Uint32Array): Counts {
    const { columns } = this.#app.data.rows;
    const counts = {
      outcomes: OUTCOMES.map(() => 0),
      client: TCP_STATES.map(() => 0),
      server: TCP_STATES.map(() => 0),
    };
    for (const row of selected) {
      counts.outcomes[columns.outcome[row]]++;
      counts.client[columns.clientState[row]]++;
      counts.server[columns.serverState[row]]++;
    }
    return counts;
  }
}

/** By the index of the outcome, or of the state. */
interface Counts {
  readonly outcomes: number[];
  readonly client: number[];
  readonly server: number[];
}
