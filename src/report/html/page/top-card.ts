import { SEVERITIES } from '../../../findings/finding.js';
import { formatBytes, formatCount } from '../../units.js';
import { type App, link, NO_CONDITIONS, type Part } from './app.js';
import { h } from './dom.js';
import { selectInTime } from './selection.js';
import type { ViewState } from './view-state.js';

const MOST = 8;
const WRONG = SEVERITIES.indexOf('warning');

interface Place {
  readonly row: number;
  flows: number;
  wrong: number;
  bytes: number;
}

/** Services, or clients, with the most connections. */
export class TopCard implements Part {
  readonly element: HTMLElement;
  readonly #app: App;
  readonly #end: 'client' | 'server';
  readonly #body = h('tbody', {});
  #range: string | null = null;

  constructor(app: App, end: 'client' | 'server') {
    this.#app = app;
    this.#end = end;
    const title = end === 'server' ? 'Services' : 'Clients';
    this.element = h(
      'section',
      { class: 'card' },
      h('h2', {}, title),
      h(
        'table',
        { class: 'counts top', 'aria-label': `${title} with the most connections` },
        h(
          'thead',
          {},
          h(
            'tr',
            {},
            h('th', { scope: 'col' }, end === 'server' ? 'address and port' : 'address'),
            h('th', { scope: 'col', title: 'connections' }, 'total'),
            h('th', { scope: 'col', title: 'connections that failed or suffered' }, 'troubled'),
            h('th', { scope: 'col' }, 'bytes'),
          ),
        ),
        this.#body,
      ),
    );
  }

  update(state: ViewState): void {
    const range = `${state.from} ${state.to}`;
    if (range === this.#range) return;
    this.#range = range;
    const places = this.#places(selectInTime(this.#app.data.rows, state));
    const most = places[0]?.flows ?? 0;
    this.#body.replaceChildren(...places.slice(0, MOST).map((place) => this.#line(place, most)));
    if (places.length > MOST) {
      const rest = `and ${formatCount(places.length - MOST)} more`;
      this.#body.append(h('tr', {}, h('td', { class: 'quiet', colspan: 4 }, rest)));
    }
  }

  #line({ row, flows, wrong, bytes }: Place, most: number): HTMLElement {
    const { rows } = this.#app.data;
    const isServer = this.#end === 'server';
    const name = isServer ? rows.server(row) : rows.clientAddress(row);
    const filter = isServer
      ? `dst host ${rows.serverAddress(row)} and dst port ${rows.columns.serverPort[row]}`
      : `src host ${name}`;
    const bar = h('meter', { class: 'share', min: 0, max: most, value: flows, 'aria-hidden': 'true' });
    return h(
      'tr',
      {},
      h('th', { scope: 'row' }, link(this.#app, name, { ...NO_CONDITIONS, view: 'connections', filter }), bar),
      h('td', {}, formatCount(flows)),
      h('td', { class: wrong > 0 ? 'wrong' : '' }, formatCount(wrong)),
      h('td', {}, formatBytes(bytes)),
    );
  }

  #places(selected: Uint32Array): Place[] {
    const { columns } = this.#app.data.rows;
    const { client, server, serverPort, clientBytes, serverBytes, severity } = columns;
    const isServer = this.#end === 'server';
    const places = new Map<number, Place>();
    for (const row of selected) {
      const key = isServer ? server[row] * 65_536 + serverPort[row] : client[row];
      const place = places.get(key) ?? { row, flows: 0, wrong: 0, bytes: 0 };
      places.set(key, place);
      place.flows++;
      if (severity[row] <= WRONG) place.wrong++;
      place.bytes += clientBytes[row] + serverBytes[row];
    }
    return [...places.values()].sort((a, b) => b.flows - a.flows || b.wrong - a.wrong || a.row - b.row);
  }
}
