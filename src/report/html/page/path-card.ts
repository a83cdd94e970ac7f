import type { DelaySample } from '../../../compare/compared-flow.js';
import type { Clock } from '../../../connection/model.js';
import { formatCount, formatDuration } from '../../units.js';
import type { ComparisonFacts, DirectionFacts } from '../embedded.js';
import { h, svg } from './dom.js';
import { timeOfDay } from './times.js';

const WIDTH = 360;
const HEIGHT = 64;
const INSET = 3;

/** What became of the segments between the two captures: how many arrived, what was lost, and how long the way took. */
export function pathCard({ directions, flows }: ComparisonFacts, clock: Clock): HTMLElement {
  const only = [
    flows.first > 0 && `${formatCount(flows.first)} in the first only`,
    flows.second > 0 && `${formatCount(flows.second)} in the second only`,
  ].filter((text) => text !== false);
  return h(
    'section',
    { class: 'card path-card', 'aria-labelledby': 'path-title' },
    h('h2', { id: 'path-title' }, 'Between the captures'),
    h(
      'p',
      { class: 'quiet' },
      [`${formatCount(flows.both)} ${flows.both === 1 ? 'connection' : 'connections'} in both captures`, ...only].join(
        ', ',
      ),
    ),
    h(
      'div',
      { class: 'directions' },
      direction('from the first to the second', '→', directions[0], clock),
      direction('from the second to the first', '←', directions[1], clock),
    ),
  );
}

function direction(name: string, sign: string, facts: DirectionFacts, clock: Clock): HTMLElement {
  const { delivered, injected, delays } = facts;
  const classes = Object.entries(facts.lost).sort(([, a], [, b]) => b - a);
  const lost = classes.reduce((sum, [, count]) => sum + count, 0);
  const share = lost === 0 ? '' : ` (${((100 * lost) / (delivered + lost)).toFixed(2)} %)`;
  return h(
    'article',
    { class: 'direction' },
    h('h3', {}, h('span', { 'aria-hidden': 'true' }, `${sign} `), name),
    h(
      'p',
      { class: 'totals' },
      h('span', {}, `${formatCount(delivered)} arrived`),
      h('span', { class: lost > 0 ? 'lost' : 'none' }, `${formatCount(lost)} lost${share}`),
      injected > 0 && h('span', { class: 'lost' }, `${formatCount(injected)} sent by neither end, or missed`),
    ),
    classes.length > 0 &&
      h(
        'ul',
        { class: 'classes', 'aria-label': 'Lost' },
        ...classes.map(([kind, count]) => h('li', {}, `${formatCount(count)} ${kind}`)),
      ),
    delays.length > 0 && delay(delays, clock),
  );
}

/** The least, the mean and the most of each stretch of time: a band with a line in it. */
function delay(samples: readonly DelaySample[], clock: Clock): HTMLElement {
  const least = Math.min(...samples.map((sample) => sample.least));
  const most = Math.max(...samples.map((sample) => sample.most));
  const segments = samples.reduce((sum, sample) => sum + sample.segments, 0);
  const mean = samples.reduce((sum, sample) => sum + sample.mean * sample.segments, 0) / segments;
  const words = `on the way ${seconds(least)} to ${seconds(most)}, ${seconds(mean)} on average`;
  const [first, last] = [samples[0], samples[samples.length - 1]];
  if (samples.length < 2) return h('p', { class: 'quiet' }, words);
  // From nothing, so that a small change does not look like a large one.
  const x = (at: number): number => INSET + ((at - first.at) / (last.at - first.at)) * (WIDTH - 2 * INSET);
  const y = (value: number): number => HEIGHT - INSET - (Math.max(0, value) / most) * (HEIGHT - 2 * INSET);
  const points = (of: (sample: DelaySample) => number, all = samples): string =>
    all.map((sample) => `${round(x(sample.at))},${round(y(of(sample)))}`).join(' ');
  const band = `${points((s) => s.most)} ${points((s) => s.least, samples.toReversed())}`;
  return h(
    'figure',
    { class: 'delays' },
    svg(
      'svg',
      {
        viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
        role: 'img',
        'aria-label': `One-way delay: ${words}`,
        preserveAspectRatio: 'none',
      },
      svg('polygon', { class: 'delay-band', points: band }),
      svg('polyline', { class: 'delay-mean', points: points((s) => s.mean) }),
    ),
    h(
      'figcaption',
      { class: 'quiet' },
      h('span', {}, timeOfDay(first.at, clock, 0)),
      h('span', {}, words),
      h('span', {}, timeOfDay(last.at, clock, 0)),
    ),
  );
}

const seconds = (value: number): string => formatDuration(Math.round(value * 1e9));
const round = (value: number): number => Math.round(value * 10) / 10;
