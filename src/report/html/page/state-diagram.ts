import type { Transition } from '../../../connection/model.js';
import type { Side, TcpState } from '../../../connection/state.js';
import type { Flow } from '../../../findings/finding.js';
import { endpointText } from '../../flow-text.js';
import { h, svg } from './dom.js';
import { Words } from './words.js';

/** A state's box. CLOSED stands twice, before a connection and after it, so that the path leads from top to bottom. */
type Box = TcpState | 'END';

const BOXES: Readonly<Record<Box, readonly [x: number, y: number]>> = {
  CLOSED: [250, 24],
  LISTEN: [120, 92],
  SYN_RECV: [90, 172],
  SYN_SENT: [410, 172],
  ESTABLISHED: [250, 232],
  FIN_WAIT1: [110, 304],
  CLOSE_WAIT: [420, 304],
  FIN_WAIT2: [66, 384],
  CLOSING: [236, 384],
  LAST_ACK: [420, 384],
  TIME_WAIT: [150, 456],
  END: [330, 474],
};
const WIDTH = 500;
const HEIGHT = 500;
const BOX_WIDTH = 108;
const BOX_HEIGHT = 28;

/** The changes of RFC 9293, figure 5; a RST, or a timer, can end any state. */
const EDGES: readonly (readonly [from: Box, to: Box])[] = [
  ['CLOSED', 'LISTEN'],
  ['CLOSED', 'SYN_SENT'],
  ['LISTEN', 'SYN_RECV'],
  ['LISTEN', 'SYN_SENT'],
  ['SYN_SENT', 'SYN_RECV'],
  ['SYN_RECV', 'ESTABLISHED'],
  ['SYN_SENT', 'ESTABLISHED'],
  ['SYN_RECV', 'FIN_WAIT1'],
  ['ESTABLISHED', 'FIN_WAIT1'],
  ['ESTABLISHED', 'CLOSE_WAIT'],
  ['FIN_WAIT1', 'FIN_WAIT2'],
  ['FIN_WAIT1', 'CLOSING'],
  ['FIN_WAIT1', 'TIME_WAIT'],
  ['FIN_WAIT2', 'TIME_WAIT'],
  ['CLOSING', 'TIME_WAIT'],
  ['CLOSE_WAIT', 'LAST_ACK'],
  ['LAST_ACK', 'END'],
  ['TIME_WAIT', 'END'],
];

/** A change of state on the diagram: those of the path have a place in it. */
interface Edge {
  readonly from: Box;
  readonly to: Box;
  readonly numbers: readonly number[];
  /** Not one of the RFC's figure. */
  readonly isOther: boolean;
}

/** The state diagram of both ends, each with the path that it took, and the same path in words. */
export function stateDiagrams(flow: Flow): HTMLElement {
  const words = new Words(flow);
  return h('div', { class: 'diagrams' }, diagram(flow, 'client', words), diagram(flow, 'server', words));
}

function diagram(flow: Flow, side: Side, words: Words): HTMLElement {
  const path = flow.timeline.filter(({ endpoint }) => endpoint === side);
  const state = side === 'client' ? flow.clientState : flow.serverState;
  const lit = new Set<Box>(path.length === 0 ? [state] : path.flatMap((change) => boxesOf(change)));
  const last: Box = path.length === 0 ? state : boxesOf(path[path.length - 1])[1];
  const route = path.length === 0 ? state : [path[0].from ?? 'unknown', ...path.map(({ to }) => to)].join(', ');
  const edges = edgesOf(path);
  return h(
    'figure',
    { class: 'diagram' },
    h('figcaption', {}, h('b', {}, side), ` ${endpointText(flow[side])}`),
    svg(
      'svg',
      {
        viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
        role: 'img',
        'aria-label': `States of the ${side}, in the order taken: ${route}`,
      },
      ...edges.filter(({ numbers }) => numbers.length === 0).map(drawEdge),
      ...edges.filter(({ numbers }) => numbers.length > 0).map(drawEdge),
      ...(Object.keys(BOXES) as Box[]).map((box) => drawBox(box, lit.has(box), box === last)),
      ...edges.filter(({ numbers }) => numbers.length > 0).map(drawNumbers),
    ),
    h(
      'ol',
      { class: 'route' },
      ...path.map((change) =>
        h(
          'li',
          {},
          h('b', {}, change.to),
          ` ${change.reason} `,
          h('span', { class: 'quiet' }, `(${words.evidence(change)})`),
        ),
      ),
    ),
  );
}

/** What ends in CLOSED ends at the bottom. */
function boxesOf({ from, to }: Transition): [Box, Box] {
  return [from ?? to, to === 'CLOSED' ? 'END' : to];
}

function edgesOf(path: readonly Transition[]): Edge[] {
  const taken = new Map<string, { from: Box; to: Box; numbers: number[] }>();
  path.forEach((change, index) => {
    const [from, to] = boxesOf(change);
    if (change.from === null) return;
    const key = `${from} ${to}`;
    const edge = taken.get(key) ?? { from, to, numbers: [] };
    edge.numbers.push(index + 1);
    taken.set(key, edge);
  });
  const known = EDGES.map(([from, to]) => {
    const edge = taken.get(`${from} ${to}`);
    taken.delete(`${from} ${to}`);
    return { from, to, numbers: edge?.numbers ?? [], isOther: false };
  });
  return [...known, ...[...taken.values()].map((edge) => ({ ...edge, isOther: true }))];
}

function drawEdge({ from, to, numbers, isOther }: Edge): SVGElement {
  const [[x1, y1], [x2, y2]] = ends(from, to, isOther);
  const angle = isOther
    ? Math.atan2(y2 - middleOf(from, to)[1], x2 - middleOf(from, to)[0])
    : Math.atan2(y2 - y1, x2 - x1);
  const head = (along: number, across: number): string =>
    `${x2 + along * Math.cos(angle) - across * Math.sin(angle)} ${y2 + along * Math.sin(angle) + across * Math.cos(angle)}`;
  const [mx, my] = middleOf(from, to);
  return svg(
    'g',
    { class: `edge${numbers.length > 0 ? ' lit' : ''}${isOther ? ' other' : ''}` },
    svg('path', { class: 'line', d: isOther ? `M${x1} ${y1}Q${mx} ${my} ${x2} ${y2}` : `M${x1} ${y1}L${x2} ${y2}` }),
    svg('path', { class: 'tip', d: `M${head(0, 0)}L${head(-8, -4)}L${head(-8, 4)}Z` }),
  );
}

function drawNumbers({ from, to, numbers, isOther }: Edge): SVGElement {
  const [[x1, y1], [x2, y2]] = ends(from, to, isOther);
  const [mx, my] = middleOf(from, to);
  const x = isOther ? (x1 + 2 * mx + x2) / 4 : (x1 + x2) / 2;
  const y = isOther ? (y1 + 2 * my + y2) / 4 : (y1 + y2) / 2;
  const text = numbers.length > 3 ? `${numbers.slice(0, 2).join(',')}…` : numbers.join(',');
  const width = Math.max(18, text.length * 7 + 8);
  return svg(
    'g',
    { class: 'number' },
    svg('rect', { x: x - width / 2, y: y - 9, width, height: 18, rx: 9 }),
    svg('text', { x, y: y + 4, 'text-anchor': 'middle' }, text),
  );
}

function drawBox(box: Box, isLit: boolean, isLast: boolean): SVGElement {
  const [x, y] = BOXES[box];
  const state = box === 'END' ? 'CLOSED' : box;
  return svg(
    'g',
    { class: `box${isLit ? ' lit' : ''}${isLast ? ' last' : ''}` },
    svg('rect', {
      class: `frame ${state}`,
      x: x - BOX_WIDTH / 2,
      y: y - BOX_HEIGHT / 2,
      width: BOX_WIDTH,
      height: BOX_HEIGHT,
      rx: 6,
    }),
    svg('text', { x, y: y + 4.5, 'text-anchor': 'middle' }, state),
  );
}

/** Where the line between two boxes leaves the one and enters the other. */
function ends(from: Box, to: Box, curved: boolean): [readonly [number, number], readonly [number, number]] {
  const [start, end] = [BOXES[from], BOXES[to]];
  const middle = middleOf(from, to);
  return [border(start, curved ? middle : end), border(end, curved ? middle : start)];
}

/** A change that is not in the figure bends, so as not to run through what is. */
function middleOf(from: Box, to: Box): readonly [number, number] {
  const [[x1, y1], [x2, y2]] = [BOXES[from], BOXES[to]];
  const towards = x1 + x2 > WIDTH ? 1 : -1;
  return to === 'END' && x1 <= 300 && y1 < 300 ? [300, (y1 + y2) / 2] : [(x1 + x2) / 2 + towards * 46, (y1 + y2) / 2];
}

function border([x, y]: readonly [number, number], [towardsX, towardsY]: readonly [number, number]): [number, number] {
  const [dx, dy] = [towardsX - x, towardsY - y];
  const scale = Math.min(
    dx === 0 ? Number.POSITIVE_INFINITY : (BOX_WIDTH / 2 + 1) / Math.abs(dx),
    dy === 0 ? Number.POSITIVE_INFINITY : (BOX_HEIGHT / 2 + 1) / Math.abs(dy),
  );
  return Number.isFinite(scale) ? [x + dx * scale, y + dy * scale] : [x, y];
}
