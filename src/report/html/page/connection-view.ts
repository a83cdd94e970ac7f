import type { Flow } from '../../../findings/finding.js';
import { compareLadder } from '../../compare-ladder.js';
import { shellWord } from '../../escape.js';
import { ladder } from '../../ladder.js';
import { formatBytes, formatCount, formatDuration } from '../../units.js';
import { isCompared } from '../compared-pack.js';
import type { Overview } from '../embedded.js';
import { type App, link, type Part } from './app.js';
import { bothSides } from './both-sides.js';
import { button, copyButton, h } from './dom.js';
import { key, pathKey } from './ladder-key.js';
import { LadderView } from './ladder-view.js';
import { severityMark } from './severity.js';
import { stateDiagrams } from './state-diagram.js';
import { dateAndTime } from './times.js';
import type { ViewState } from './view-state.js';
import { TAPS } from './words.js';

/** Everything about one connection. */
export class ConnectionView implements Part {
  readonly element = h('div', { class: 'connection' });
  readonly #app: App;
  #flow: number | null = null;
  #ladder: LadderView | null = null;
  #controls: Part | null = null;

  constructor(app: App) {
    this.#app = app;
  }

  update(state: ViewState): void {
    if (state.flow !== this.#flow) {
      this.#flow = state.flow;
      this.#ladder = null;
      this.#controls = null;
      void this.#open(state.flow ?? 0);
    } else {
      this.#controls?.update(state);
      this.#ladder?.show(state.linear, state.unfolded);
    }
  }

  async #open(number: number): Promise<void> {
    const { data } = this.#app;
    const row = data.rows.indexOf(number);
    if (row < 0) {
      this.element.replaceChildren(
        h('h1', { class: 'view-title' }, `There is no connection ${number} in this report.`),
      );
      return;
    }
    this.element.replaceChildren(this.#head(row), this.#facts(row, null));
    const flow = await data.flow(row);
    // Somebody may have gone on to another one meanwhile.
    if (this.#flow !== number) return;
    this.element.replaceChildren(
      this.#head(row),
      this.#facts(row, flow),
      ...(flow === null ? [this.#leftOut(row)] : this.#body(flow)),
    );
    this.#ladder?.show(this.#app.state.linear, this.#app.state.unfolded);
  }

  #head(row: number): HTMLElement {
    const { rows } = this.#app.data;
    const { rows: shown } = this.#app.selection();
    const place = shown.indexOf(row);
    const to = (index: number, label: string, name: string) => {
      const target = place < 0 ? undefined : shown[index];
      return target === undefined
        ? h('span', { class: 'step', 'aria-disabled': 'true' }, label)
        : link(this.#app, label, { flow: rows.columns.flow[target] }, { class: 'step', 'aria-label': name });
    };
    const severity = rows.severity(row);
    return h(
      'div',
      { class: 'connection-head' },
      h(
        'h1',
        { class: 'view-title' },
        severity === null ? null : severityMark(severity),
        `Connection ${rows.columns.flow[row]}`,
        h('span', { class: 'ends' }, h('span', {}, rows.client(row)), ' → ', h('span', {}, rows.server(row))),
      ),
      h(
        'nav',
        { class: 'steps no-print', 'aria-label': 'Connections' },
        to(place - 1, '‹ previous', 'Previous connection'),
        place >= 0 && h('span', { class: 'quiet' }, `${formatCount(place + 1)} of ${formatCount(shown.length)}`),
        to(place + 1, 'next ›', 'Next connection'),
      ),
    );
  }

  #facts(row: number, flow: Flow | null): HTMLElement {
    const { rows, overview } = this.#app.data;
    const { columns: c } = rows;
    const repeated = c.retransmissions[row];
    const facts: [string, string][] = [
      ['started', dateAndTime(c.start[row] * 1e3, overview.clock)],
      ['lasted', formatDuration(flow === null ? c.duration[row] * 1e3 : flow.end - flow.start)],
      ['at the end', `client ${rows.clientState(row)}, server ${rows.serverState(row)}`],
      ['payload', `${formatBytes(c.clientBytes[row])} to the server, ${formatBytes(c.serverBytes[row])} to the client`],
      ['segments', `${formatCount(c.packets[row])}${repeated > 0 ? `, ${formatCount(repeated)} repeated` : ''}`],
    ];
    if (c.handshake[row] >= 0) facts.push(['handshake', formatDuration(c.handshake[row] * 1e3)]);
    if (flow !== null && !isCompared(flow)) facts.push(['tap', TAPS[flow.tap]]);
    if (flow?.roles === 'assumed') facts.push(['roles', 'no SYN was seen: who opened it is a guess']);
    if (overview.captures.length > 1 && overview.comparison === null) facts.push(['capture', rows.capture(row)]);
    const dl = h('dl', {}, ...facts.flatMap(([name, value]) => [h('div', {}, h('dt', {}, name), h('dd', {}, value))]));
    if (flow !== null && isCompared(flow)) return bothSides(flow, dl);
    const filter = `tcp.stream eq ${c.tcpStream[row]}`;
    return h(
      'div',
      { class: 'card facts' },
      dl,
      h(
        'p',
        { class: 'actions' },
        h('code', {}, filter),
        copyButton('Copy Wireshark filter', () => filter, { class: 'no-print' }),
        flow !== null && copyButton('Copy as text', () => ladder(flow), { class: 'no-print copy-ladder' }),
      ),
    );
  }

  #leftOut(row: number): HTMLElement {
    const { rows, overview } = this.#app.data;
    const { limit, most, ordinaryLeftOut } = overview.detail;
    const why =
      rows.kinds(row).length === 0 && ordinaryLeftOut
        ? `Segments of connections without findings are left out of this report, which would hold more than ${formatBytes(limit)} of them.`
        : `The segments of this connection are left out: this report holds ${formatBytes(most)} of others already.`;
    // Numbers count through all captures of a report.
    const command = `${commandFor(overview)} --flow ${rows.columns.flow[row]} -o connection.html`;
    return h(
      'div',
      { class: 'card left-out' },
      h('p', {}, why),
      h(
        'p',
        {},
        'To see them: ',
        h('code', {}, command),
        ' ',
        copyButton('Copy', () => command, { class: 'no-print' }),
      ),
    );
  }

  #body(flow: Flow): HTMLElement[] {
    this.#ladder = new LadderView(flow);
    const controls = this.#ladderControls(this.#ladder);
    this.#controls = controls;
    controls.update(this.#app.state);
    return [
      h(
        'section',
        { class: 'card', 'aria-labelledby': 'ladder-title' },
        h(
          'div',
          { class: 'card-head' },
          h('h2', { id: 'ladder-title' }, 'What both ends went through'),
          controls.element,
        ),
        this.#ladder.element,
        isCompared(flow) ? pathKey() : key(),
      ),
      h(
        'section',
        { class: 'card', 'aria-labelledby': 'states-title' },
        h('h2', { id: 'states-title' }, 'States'),
        stateDiagrams(flow),
      ),
      h(
        'details',
        { class: 'card text-ladder no-print' },
        h('summary', {}, 'As text'),
        h('pre', { tabindex: 0 }, isCompared(flow) ? compareLadder(flow) : ladder(flow, { why: true })),
      ),
    ];
  }

  #ladderControls(view: LadderView): Part {
    const app = this.#app;
    const folded = button('Idle time folded', () => app.go({ linear: false }));
    const linear = button('Time to scale', () => app.go({ linear: true }));
    const less = button('−', () => view.zoom(1 / 2), { 'aria-label': 'Draw time half as long' });
    const more = button('+', () => view.zoom(2), { 'aria-label': 'Draw time twice as long' });
    const all = button('All segments', () => app.go({ unfolded: !app.state.unfolded }), {
      title: 'Ordinary segments one by one, as far as they were kept',
    });
    return {
      element: h(
        'div',
        { class: 'controls no-print' },
        h('div', { class: 'choice', role: 'group', 'aria-label': 'Time' }, folded, linear),
        h('div', { class: 'choice zoom', role: 'group', 'aria-label': 'Scale' }, less, more),
        h('div', { class: 'choice' }, all),
      ),
      update(state) {
        folded.setAttribute('aria-pressed', String(!state.linear));
        linear.setAttribute('aria-pressed', String(state.linear));
        all.setAttribute('aria-pressed', String(state.unfolded));
        for (const control of [less, more]) control.disabled = !state.linear;
      },
    };
  }
}

/** What makes a page of the same captures. */
function commandFor({ captures, comparison }: Overview): string {
  const words = captures.map(({ path }) => shellWord(path));
  if (comparison === null) return `lastack report ${words.join(' ')}`;
  const sides = [words.slice(0, comparison.first).join(' '), words.slice(comparison.first).join(' ')];
  return captures.length === 2
    ? `lastack compare ${sides.join(' ')} --format html`
    : `lastack compare --client-side ${sides[0]} --server-side ${sides[1]} --format html`;
}
