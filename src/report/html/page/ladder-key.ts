import { h } from './dom.js';

const sign = (className: string, text: string): HTMLElement =>
  h('li', {}, h('i', { class: `sign ${className}`, 'aria-hidden': 'true' }), text);

/** What the signs on the ladder mean. */
export function key(): HTMLElement {
  return h(
    'ul',
    { class: 'legend key' },
    sign('hatched', 'inferred, not proved yet'),
    sign('bounds', 'bounds of a change'),
    sign('cross', 'lost behind the tap, or dropped'),
    sign('again', 'sent again'),
    sign('hollow', 'arrived, ignored'),
  );
}

/** The same where the path between two taps is drawn. */
export function pathKey(): HTMLElement {
  return h(
    'ul',
    { class: 'legend key' },
    sign('hatched', 'inferred, not proved yet'),
    sign('bounds', 'bounds of a change'),
    sign('cross', 'lost on the path'),
    sign('ring', 'sent by neither end, or missed by its capture'),
    sign('again', 'sent again'),
    sign('hollow', 'arrived, ignored'),
  );
}
