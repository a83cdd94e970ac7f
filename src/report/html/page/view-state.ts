import { TCP_STATES, type TcpState } from '../../../connection/state.js';
import { FINDING_KINDS, type FindingKind } from '../../../findings/finding.js';
import { CLOSERS, type Closer } from '../embedded.js';

export const VIEWS = ['overview', 'connections', 'connection'] as const;
export type View = (typeof VIEWS)[number];

export const SORTS = [
  'flow',
  'start',
  'client',
  'server',
  'clientState',
  'serverState',
  'duration',
  'bytes',
  'retransmissions',
  'severity',
  'closer',
] as const;
export type Sort = (typeof SORTS)[number];

/** All that decides what the page shows: the part of its address behind the `#`. */
export interface ViewState {
  readonly view: View;
  /** The connection that is open. */
  readonly flow: number | null;
  /** In the words of `--filter`. */
  readonly filter: string;
  /** A state that one of both ends is in at the end. */
  readonly state: TcpState | null;
  readonly finding: FindingKind | null;
  readonly closer: Closer | null;
  /** A duration such as `10s`; connections that lasted less are left out. */
  readonly longer: string;
  readonly sort: Sort;
  readonly descending: boolean;
  /** A stretch of time, in microseconds on the page's clock; null for all of it. */
  readonly from: number | null;
  readonly to: number | null;
  /** In a connection: time to scale, rather than idle stretches folded. */
  readonly linear: boolean;
  /** In a connection: ordinary segments one by one, as far as they were kept. */
  readonly unfolded: boolean;
}

export const INITIAL: ViewState = {
  view: 'overview',
  flow: null,
  filter: '',
  state: null,
  finding: null,
  closer: null,
  longer: '',
  sort: 'flow',
  descending: false,
  from: null,
  to: null,
  linear: false,
  unfolded: false,
};

/** `#connections?filter=port+8080&sort=-duration`; what has its initial value is left out. */
export function formatHash(state: ViewState): string {
  const query = new URLSearchParams();
  const set = (name: string, value: string | number | null): void => {
    if (value !== null && value !== '') query.set(name, String(value));
  };
  set('flow', state.view === 'connection' ? state.flow : null);
  set('filter', state.filter);
  set('state', state.state);
  set('finding', state.finding);
  set('closer', state.closer);
  set('longer', state.longer);
  const sort = `${state.descending ? '-' : ''}${state.sort}`;
  set('sort', sort === INITIAL.sort ? null : sort);
  set('from', state.from);
  set('to', state.to);
  set('time', state.linear ? 'linear' : null);
  set('segments', state.unfolded ? 'all' : null);
  const text = query.toString();
  return `#${state.view}${text === '' ? '' : `?${text}`}`;
}

/** What a hash says; whatever cannot be understood counts as left out. */
export function parseHash(hash: string): ViewState {
  const [name, text = ''] = hash.replace(/^#/, '').split('?');
  const query = new URLSearchParams(text);
  const oneOf = <T extends string>(known: readonly T[], value: string | null): T | null =>
    known.find((candidate) => candidate === value) ?? null;
  const number = (key: string): number | null => {
    const value = query.get(key);
    return value !== null && /^-?\d{1,16}$/.test(value) ? Number(value) : null;
  };
  const flow = number('flow');
  const view = oneOf(VIEWS, name) ?? 'overview';
  const sort = query.get('sort') ?? '';
  const from = number('from');
  const to = number('to');
  const range = from !== null && to !== null && from < to;
  return {
    view: view === 'connection' && flow === null ? 'connections' : view,
    flow,
    filter: query.get('filter') ?? '',
    state: oneOf(TCP_STATES, query.get('state')),
    finding: oneOf(FINDING_KINDS, query.get('finding')),
    closer: oneOf(CLOSERS, query.get('closer')),
    longer: query.get('longer') ?? '',
    sort: oneOf(SORTS, sort.replace(/^-/, '')) ?? INITIAL.sort,
    descending: sort.startsWith('-'),
    from: range ? from : null,
    to: range ? to : null,
    linear: query.get('time') === 'linear',
    unfolded: query.get('segments') === 'all',
  };
}
