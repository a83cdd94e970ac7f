import type { ComparedFlow } from '../../../compare/compared-flow.js';
import type { Side } from '../../../connection/state.js';
import { compareLadder } from '../../compare-ladder.js';
import { flowClockWords, flowPathWords } from '../../compare-words.js';
import { copyButton, h } from './dom.js';

/** What two captures know of a connection: each side's, and the path between them. */
export function bothSides(flow: ComparedFlow, facts: HTMLElement): HTMLElement {
  return h(
    'div',
    { class: 'card facts' },
    facts,
    h('div', { class: 'sides' }, ...(['client', 'server'] as const).map((side) => oneSide(flow, side))),
    h(
      'ul',
      { class: 'path-words' },
      ...[
        ...flowPathWords(flow),
        ...flow.rewritten.map((what) => `between them: ${what}`),
        ...flowClockWords(flow),
      ].map((words) => h('li', {}, words)),
    ),
    h(
      'p',
      { class: 'actions no-print' },
      copyButton('Copy as text', () => compareLadder(flow), { class: 'no-print copy-ladder' }),
    ),
  );
}

function oneSide({ taps }: ComparedFlow, side: Side): HTMLElement {
  const tap = taps[side];
  if (tap === null) return h('p', {}, h('strong', {}, `${side}’s side`), ' its capture does not hold this connection');
  const filter = `tcp.stream eq ${tap.tcpStream}`;
  return h(
    'p',
    {},
    h('strong', {}, `${side}’s side`),
    ' ',
    h('span', { class: 'path' }, tap.captures.join(', ')),
    ' ',
    h('code', {}, filter),
    ' ',
    copyButton('Copy Wireshark filter', () => filter, { class: 'no-print' }),
  );
}
