import uPlot from 'uplot';
import type { Side, TcpState } from '../../../connection/state.js';
import { formatCount } from '../../units.js';
import type { App, Part } from './app.js';
import { button, h } from './dom.js';
import { fillOf, STACKED, swatch } from './palette.js';
import { rangeFields } from './range-bar.js';
import { onThemeChange } from './theme.js';
import { TIME_STEPS, timeTicks } from './time-axis.js';
import { timeOfDay } from './times.js';
import type { ViewState } from './view-state.js';

const HEIGHT = 260;
const ENDS = ['both', 'client', 'server'] as const;
type Ends = (typeof ENDS)[number];
const END_LABELS: Readonly<Record<Ends, string>> = { both: 'Both ends', client: 'Clients', server: 'Servers' };
/** How far one key moves, and zooms, of what is seen. */
const STEP = 0.25;

/** Sockets per state over time, stacked: netstat, over and over again. A stretch that is dragged over is zoomed into. */
export class StatesChart implements Part {
  readonly element: HTMLElement;
  readonly #app: App;
  readonly #place = h('div', { class: 'chart', tabindex: 0, role: 'group' });
  readonly #legend = h('ul', { class: 'legend' });
  readonly #moment = h('p', { class: 'moment quiet' });
  readonly #fields: Part;
  readonly #seconds: Float64Array;
  #ends: Ends = 'both';
  #states: readonly TcpState[] = [];
  #counts: readonly (readonly number[])[] = [];
  #chart: uPlot | null = null;
  #width = 0;

  constructor(app: App) {
    this.#app = app;
    const { clock, curve } = app.data.overview;
    this.#seconds = Float64Array.from(
      { length: curve.samples },
      (_, i) => clock.epochSeconds + (curve.from + i * curve.every) / 1e9,
    );
    this.#fields = rangeFields(app);
    this.#place.setAttribute(
      'aria-label',
      'Sockets per state over time. Plus and minus zoom, arrows move, Escape shows the whole time. The table "How they ended" has the states at the end.',
    );
    this.#place.addEventListener('keydown', (event) => this.#key(event));
    this.element = h(
      'section',
      { class: 'card chart-card', 'aria-labelledby': 'chart-title' },
      h(
        'div',
        { class: 'card-head' },
        h('h2', { id: 'chart-title' }, 'Sockets per state over time'),
        this.#endButtons(),
      ),
      this.#place,
      this.#moment,
      this.#legend,
      this.#fields.element,
    );
    onThemeChange(() => this.#build());
    new ResizeObserver(() => this.#resize()).observe(this.#place);
  }

  update(state: ViewState): void {
    this.#fields.update(state);
    if (this.#chart === null) this.#build();
    else this.#zoom();
  }

  #endButtons(): HTMLElement {
    const buttons = ENDS.map((ends) =>
      button(END_LABELS[ends], () => {
        this.#ends = ends;
        mark();
        this.#build();
      }),
    );
    const mark = (): void =>
      buttons.forEach((control, index) => {
        control.setAttribute('aria-pressed', String(ENDS[index] === this.#ends));
      });
    mark();
    return h('div', { class: 'choice no-print', role: 'group', 'aria-label': 'Whose sockets' }, ...buttons);
  }

  #build(): void {
    this.#chart?.destroy();
    this.#chart = null;
    this.#width = this.#place.clientWidth;
    const { curve } = this.#app.data.overview;
    const sides: readonly Side[] = this.#ends === 'both' ? ['client', 'server'] : [this.#ends];
    this.#states = STACKED.filter((state) => sides.some((side) => curve.counts[side][state] !== undefined));
    this.#counts = this.#states.map((state) =>
      Array.from({ length: curve.samples }, (_, i) =>
        sides.reduce((sum, side) => sum + (curve.counts[side][state]?.[i] ?? 0), 0),
      ),
    );
    this.#drawLegend(null);
    if (this.#states.length === 0 || this.#width === 0) return;
    this.#chart = new uPlot(this.#options(), [this.#seconds, ...stacked(this.#counts)], this.#place);
    this.#zoom();
  }

  #options(): uPlot.Options {
    const scale = devicePixelRatio;
    const style = getComputedStyle(document.documentElement);
    const colour = (name: string): string => style.getPropertyValue(name).trim();
    const axis = { stroke: colour('--muted'), grid: { stroke: colour('--line'), width: 1 }, ticks: { show: false } };
    const stepped = uPlot.paths.stepped?.({ align: 1 });
    const fills = this.#states.map((state) => fillOf(state, scale));
    return {
      width: this.#width,
      height: HEIGHT,
      legend: { show: false },
      cursor: { y: false, points: { show: false }, drag: { x: true, y: false, setScale: false } },
      scales: { x: { time: false }, y: { range: (_, __, most) => [0, Math.max(1, most) * 1.05] } },
      axes: [
        {
          ...axis,
          size: 34,
          incrs: [...TIME_STEPS],
          space: this.#width < 600 ? 66 : 90,
          values: (_, splits) => timeTicks(splits),
        },
        {
          ...axis,
          size: (_, values) => 16 + 8 * Math.max(3, ...(values ?? []).map((value) => value.length)),
          incrs: [1, 2, 5].flatMap((n) => [0, 1, 2, 3, 4, 5, 6].map((e) => n * 10 ** e)).sort((a, b) => a - b),
        },
      ],
      series: [
        {},
        ...this.#states.map((state, index) => ({
          label: state,
          ...(stepped && { paths: stepped }),
          points: { show: false },
          stroke: colour('--card'),
          width: 0.5,
          ...(index === 0 && { fill: () => fills[0] as CanvasPattern }),
        })),
      ],
      bands: this.#states.slice(1).map((_, index) => ({
        series: [index + 2, index + 1] as [number, number],
        fill: () => fills[index + 1] as CanvasPattern,
      })),
      hooks: {
        setSelect: [(chart) => this.#brushed(chart)],
        setCursor: [(chart) => this.#drawLegend(chart.cursor.idx ?? null)],
      },
    };
  }

  /** What was dragged over becomes the stretch of time that all of the page shows. */
  #brushed(chart: uPlot): void {
    const { left, width } = chart.select;
    if (width < 3) return;
    const from = chart.posToVal(left, 'x');
    const to = chart.posToVal(left + width, 'x');
    chart.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    this.#show(from, to);
  }

  #show(from: number, to: number): void {
    const { clock } = this.#app.data.overview;
    const microseconds = (seconds: number): number => Math.round((seconds - clock.epochSeconds) * 1e6);
    const [first, last] = this.#whole();
    if (from <= first && to >= last) this.#app.go({ from: null, to: null });
    else this.#app.go({ from: microseconds(Math.max(from, first)), to: microseconds(Math.min(to, last)) });
  }

  #zoom(): void {
    const [min, max] = this.#shown();
    this.#chart?.setScale('x', { min, max });
  }

  #whole(): [number, number] {
    return [this.#seconds[0], this.#seconds[this.#seconds.length - 1]];
  }

  #shown(): [number, number] {
    const { from, to } = this.#app.state;
    const { epochSeconds } = this.#app.data.overview.clock;
    return from === null || to === null ? this.#whole() : [epochSeconds + from / 1e6, epochSeconds + to / 1e6];
  }

  #key(event: KeyboardEvent): void {
    const [from, to] = this.#shown();
    const step = (to - from) * STEP;
    const ranges: Readonly<Record<string, readonly [number, number] | undefined>> = {
      ArrowLeft: [from - step, to - step],
      ArrowRight: [from + step, to + step],
      '+': [from + step, to - step],
      '=': [from + step, to - step],
      '-': [from - 2 * step, to + 2 * step],
      Escape: this.#whole(),
    };
    const range = ranges[event.key];
    if (range === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const [first, last] = this.#whole();
    // At either end of the capture there is nothing more to move to.
    if (event.key.startsWith('Arrow') && (range[0] < first || range[1] > last)) return;
    this.#show(range[0], range[1]);
  }

  /** The legend, with the counts at a sample: the cursor's. */
  #drawLegend(sample: number | null): void {
    const { clock } = this.#app.data.overview;
    this.#legend.replaceChildren(
      ...this.#states.map((state, index) =>
        h('li', {}, swatch(state), state, sample !== null && h('b', {}, formatCount(this.#counts[index][sample]))),
      ),
    );
    const time = sample === null ? null : (this.#seconds[sample] - clock.epochSeconds) * 1e9;
    this.#moment.textContent =
      this.#states.length === 0
        ? 'No socket was seen in any state.'
        : time === null
          ? 'Point at the chart for the counts of a moment.'
          : `At ${timeOfDay(time, clock, 3)} UTC`;
  }

  #resize(): void {
    const width = this.#place.clientWidth;
    if (width === this.#width || width === 0) return;
    if (this.#chart === null) this.#build();
    else this.#chart.setSize({ width, height: HEIGHT });
    this.#width = width;
  }
}

/** Each series with all those below it. */
function stacked(series: readonly (readonly number[])[]): number[][] {
  let below: readonly number[] | null = null;
  return series.map((counts) => {
    const sums = counts.map((count, i) => count + (below?.[i] ?? 0));
    below = sums;
    return sums;
  });
}
