import { formatDuration, parseTimestamp, UnitError } from '../../units.js';
import type { App, Part } from './app.js';
import { announce, button, h } from './dom.js';
import { dateAndTime, timeOfDay } from './times.js';
import type { ViewState } from './view-state.js';

/** Says that only a stretch of time is shown, and leads back to all of it; hidden where all of it is shown. */
export class RangeBar implements Part {
  readonly element: HTMLElement;
  readonly #app: App;
  readonly #text = h('span', {});

  constructor(app: App) {
    this.#app = app;
    this.element = h(
      'div',
      { class: 'range-bar', hidden: true },
      this.#text,
      button('Show the whole time', () => app.go({ from: null, to: null })),
    );
  }

  update({ from, to }: ViewState): void {
    this.element.hidden = from === null || to === null;
    if (from === null || to === null) return;
    const { clock } = this.#app.data.overview;
    const length = formatDuration((to - from) * 1e3);
    const text = `Only what was there from ${dateAndTime(from * 1e3, clock).slice(0, 23)} to ${timeOfDay(to * 1e3, clock, 3)} UTC (${length})`;
    if (this.#text.textContent !== text) announce(text);
    this.#text.textContent = text;
  }
}

/** Two fields for a stretch of time, for who has no mouse to draw it with. */
export function rangeFields(app: App): Part {
  const { clock, curve } = app.data.overview;
  const from = h('input', { type: 'text', size: 12, 'aria-label': 'From', placeholder: 'from: +0 or 12:00:05' });
  const to = h('input', { type: 'text', size: 12, 'aria-label': 'To', placeholder: 'to: +5 or 12:00:10' });
  const problem = h('span', { class: 'problem', role: 'alert' });
  const read = (field: HTMLInputElement, otherwise: number): number =>
    field.value.trim() === '' ? otherwise : Math.round(parseTimestamp(field.value.trim(), clock, curve.from) / 1e3);
  const apply = (event: Event): void => {
    event.preventDefault();
    try {
      const first = read(from, Math.floor(curve.from / 1e3));
      const last = read(to, Math.ceil((curve.from + curve.every * curve.samples) / 1e3));
      if (first >= last) throw new UnitError('an end after the beginning', to.value);
      problem.textContent = '';
      app.go({ from: first, to: last });
    } catch (error) {
      if (!(error instanceof UnitError)) throw error;
      problem.textContent = error.message;
    }
  };
  const element = h(
    'form',
    { class: 'range-fields no-print', on: { submit: apply } },
    h('span', { class: 'quiet' }, 'Drag over the chart, or'),
    from,
    to,
    h('button', { type: 'submit' }, 'Zoom'),
    problem,
  );
  return {
    element,
    update(state) {
      from.value = state.from === null ? '' : timeOfDay(state.from * 1e3, clock, 3);
      to.value = state.to === null ? '' : timeOfDay(state.to * 1e3, clock, 3);
    },
  };
}
