import { TCP_STATES, type TcpState } from '../../../connection/state.js';
import { isSocket } from '../../states.js';

/** From the bottom of a stack to its top: what lasts below, what passes above. */
export const STACKED: readonly TcpState[] = [
  'ESTABLISHED',
  'CLOSE_WAIT',
  'LAST_ACK',
  'SYN_SENT',
  'SYN_RECV',
  'FIN_WAIT1',
  'FIN_WAIT2',
  'CLOSING',
  'TIME_WAIT',
];

/** Strokes over a state's colour, on a tile of 8 by 8, so that states differ without colour, too. */
const STROKES: Readonly<Partial<Record<TcpState, readonly (readonly [number, number, number, number])[]>>> = {
  CLOSE_WAIT: [
    [0, 8, 8, 0],
    [-2, 2, 2, -2],
    [6, 10, 10, 6],
  ],
  LAST_ACK: [
    [0, 8, 8, 0],
    [0, 0, 8, 8],
  ],
  SYN_SENT: [
    [0, 0, 8, 8],
    [-2, 6, 2, 10],
    [6, -2, 10, 2],
  ],
  SYN_RECV: [
    [0, 4, 8, 4],
    [4, 0, 4, 8],
  ],
  FIN_WAIT1: [
    [2, 2, 3.5, 2],
    [6, 6, 7.5, 6],
  ],
  FIN_WAIT2: [[0, 4, 8, 4]],
  CLOSING: [
    [2, 0, 2, 8],
    [6, 0, 6, 8],
  ],
  TIME_WAIT: [[4, 0, 4, 8]],
};

/** A state's colour in the theme that is on. */
export const colourOf = (state: TcpState): string =>
  getComputedStyle(document.documentElement).getPropertyValue(`--${state}`).trim();

/** What an area of this state is filled with; `scale` is the device's pixels per pixel. */
export function fillOf(state: TcpState, scale: number): CanvasPattern | string {
  const tile = document.createElement('canvas');
  tile.width = tile.height = Math.round(8 * scale);
  const context = tile.getContext('2d');
  if (context === null) return colourOf(state);
  const size = tile.width / 8;
  context.scale(size, size);
  context.fillStyle = colourOf(state);
  context.fillRect(0, 0, 8, 8);
  context.strokeStyle = getComputedStyle(document.documentElement).getPropertyValue('--stroke').trim();
  context.lineWidth = 1.2;
  context.beginPath();
  for (const [x0, y0, x1, y1] of STROKES[state] ?? []) {
    context.moveTo(x0, y0);
    context.lineTo(x1, y1);
  }
  context.stroke();
  return context.createPattern(tile, 'repeat') ?? colourOf(state);
}

/** A small sample of a state's colour and strokes; hidden from screen readers: the name stands beside it. */
export function swatch(state: TcpState): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.className = 'swatch';
  canvas.dataset.state = state;
  canvas.setAttribute('aria-hidden', 'true');
  canvas.width = 32;
  canvas.height = 24;
  paint(canvas, state);
  return canvas;
}

/** Paints all samples in `root` again, after a change of theme. */
export function repaintSwatches(root: ParentNode): void {
  for (const canvas of root.querySelectorAll<HTMLCanvasElement>('canvas.swatch')) {
    const state = TCP_STATES.find((known) => known === canvas.dataset.state);
    if (state !== undefined) paint(canvas, state);
  }
}

function paint(canvas: HTMLCanvasElement, state: TcpState): void {
  const context = canvas.getContext('2d');
  if (context === null) return;
  context.clearRect(0, 0, canvas.width, canvas.height);
  if (!isSocket(state)) return;
  context.fillStyle = fillOf(state, 2);
  context.fillRect(0, 0, canvas.width, canvas.height);
}
