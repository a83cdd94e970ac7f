import type { Time } from '../../../connection/model.js';
import type { Side } from '../../../connection/state.js';
import { formatDuration } from '../../units.js';
import { arrowShape } from './arrow-shape.js';
import { svg } from './dom.js';
import { type Geometry, LABEL_OFFSET, LANE_WIDTH, PATH_WIDTH, WHISKER_OFFSET } from './ladder-geometry.js';
import type { Arrow, LadderModel, Run, Span } from './ladder-model.js';
import type { TimeScale } from './time-scale.js';
import type { Description, Words } from './words.js';

/** Something on the ladder that can be pointed at. */
export interface Item {
  readonly element: SVGElement;
  readonly top: number;
  /** Of a segment, by the side whose capture they are in; null for a state. */
  readonly frames: Readonly<Record<Side, number | null>> | null;
  readonly describe: () => Description;
}

/** Least distances between texts, in pixels. */
const LINE = 14;
const TIME_LINE = 13;
/** Height of the state that an end was found in, above the first event. */
const BEFORE = 18;
/** About what a letter takes of an arrow's label, on a wide page and on a narrow one. */
const LETTER = 6.3;
const NARROW_LETTER = 5.8;
/** Where the middle of an arrow's label is, as a share of the way from the sender. */
const LABEL_AT = 0.36;
/** The same where the path is drawn, and beyond it for the delay, in the halves of the way. */
const HALF_LABEL_AT = 0.26;
const DELAY_AT = 0.74;
/** Arrows longer than this have room for label and delay in a half each. */
const LEAST_FOR_DELAY = 330;

/** Draws one connection, from top to bottom. */
export class LadderDrawing {
  readonly items: Item[] = [];
  readonly #root: SVGSVGElement;
  readonly #layers = {
    path: svg('g', { 'aria-hidden': 'true' }),
    idle: svg('g'),
    lanes: svg('g'),
    links: svg('g', { 'aria-hidden': 'true' }),
    arrows: svg('g'),
    notes: svg('g', { 'aria-hidden': 'true' }),
    texts: svg('g', { class: 'texts', 'aria-hidden': 'true' }),
  };
  /** Where the last text of each column stands. */
  readonly #lowest: Record<Side | 'time' | 'label', number> = { client: -99, server: -99, time: -99, label: -99 };
  /** Heights that texts beside the lanes occupy: on a narrow page, times go where there is none. */
  readonly #taken: number[] = [];

  /** Labels of arrows: their middles, and half of what they take across. */
  readonly #labels: { readonly x: number; readonly y: number; readonly half: number }[] = [];
  readonly #delays: { readonly at: readonly [number, number]; readonly angle: number; readonly delay: string }[] = [];

  constructor(
    readonly model: LadderModel,
    readonly scale: TimeScale,
    readonly geometry: Geometry,
    readonly words: Words,
    readonly offset: number,
    linear: boolean,
  ) {
    this.#root = svg('svg', { class: 'ladder', role: 'group', 'aria-label': 'The connection from top to bottom' });
    this.#root.append(hatching(), ...Object.values(this.#layers));
    this.#idleStretches();
    for (const span of model.spans) this.#span(span);
    for (const run of model.runs) this.#run(run);
    for (const arrow of model.arrows) this.#arrow(arrow, linear);
    this.#drawDelays();
    for (const { change } of model.spans) if (change?.basis === 'timer') this.#time(change.at, words.estimate(change));
    this.items.sort((a, b) => a.top - b.top);
    if (model.isOpen) this.#end();
  }

  get #letter(): number {
    return this.geometry.timeRight === null ? NARROW_LETTER : LETTER;
  }

  get element(): SVGSVGElement {
    return this.#root;
  }

  /** Height that a time has in the drawing. */
  y(time: Time): number {
    return this.offset + this.scale.y(time);
  }

  /** A dotted line from a lane to a note beside the ladder. */
  leader(at: Time, side: Side | null, noteTop: number, severity: string): void {
    const { lane, notesLeft } = this.geometry;
    const x = lane[side ?? 'client'];
    const y = this.y(at);
    this.#layers.notes.append(svg('circle', { class: `badge ${severity}`, cx: x, cy: y, r: 4.5 }));
    if (notesLeft === null) return;
    const bend = notesLeft - 22;
    this.#layers.notes.append(
      svg('path', {
        class: `leader ${severity}`,
        d: `M${lane.server + LANE_WIDTH} ${y}H${bend}L${notesLeft - 4} ${noteTop + 14}H${notesLeft}`,
      }),
    );
  }

  /** Gives the drawing its height, and what runs all the way down. */
  finish(height: number): void {
    this.#path(height);
    this.#root.setAttribute('width', String(this.geometry.width));
    this.#root.setAttribute('height', String(height));
    this.#root.setAttribute('viewBox', `0 0 ${this.geometry.width} ${height}`);
  }

  /** The stretch between the taps, of which no capture tells but by what comes out of it. */
  #path(height: number): void {
    const { path } = this.geometry;
    if (path === null) return;
    const [x, bottom] = [path - PATH_WIDTH / 2, height - 8];
    const edge = (at: number) => svg('line', { class: 'path-edge', x1: at, x2: at, y1: 0, y2: bottom });
    this.#layers.path.append(
      svg('rect', { class: 'path-lane', x, y: 0, width: PATH_WIDTH, height: bottom }),
      edge(x),
      edge(x + PATH_WIDTH),
    );
  }

  #idleStretches(): void {
    const { lane } = this.geometry;
    for (const { from, to } of this.scale.idle) {
      const middle = (this.y(from) + this.y(to)) / 2;
      this.#layers.idle.append(
        svg('line', { class: 'idle', x1: lane.client, x2: lane.server, y1: middle, y2: middle }),
        this.#text('idle-label', (lane.client + lane.server) / 2, middle + 4, formatDuration(to - from), 'middle'),
      );
    }
  }

  #span(span: Span): void {
    const { side, state, from, to, proved, change } = span;
    // What came before the first change has no beginning.
    const top = this.y(from) - (change === null ? BEFORE : 0);
    const bottom = this.y(to);
    const x = this.geometry.lane[side] - LANE_WIDTH / 2;
    const group = svg('g', { class: 'span' });
    const gone = state === null || state === 'CLOSED';
    const height = Math.max(bottom - top, change === null ? 0 : 1.5);
    const rect = (className: string, y: number, length: number) =>
      svg('rect', { class: className, x, y, width: LANE_WIDTH, height: length });
    if (gone)
      group.append(svg('line', { class: 'gone', x1: x + LANE_WIDTH / 2, x2: x + LANE_WIDTH / 2, y1: top, y2: bottom }));
    else group.append(rect(`bar ${state}`, top, height));
    const unproved = change === null ? top : proved === null ? bottom : Math.min(bottom, this.y(proved));
    if (!gone && unproved > top + 0.5) group.append(rect('tentative', top, unproved - top));
    group.append(
      svg('rect', { class: 'touch', x: x - 6, y: top, width: LANE_WIDTH + 12, height: Math.max(8, bottom - top) }),
    );
    this.#layers.lanes.append(group);
    this.#item(group, top, null, () => this.words.span(span));
    if (change !== null) this.#whisker(span);
    if (change !== null || state !== null) this.#stateName(span, top);
    for (const { from: idleFrom, to: idleTo } of this.scale.idle) {
      if (!gone && idleFrom >= from && idleTo <= to) this.#break(side, (this.y(idleFrom) + this.y(idleTo)) / 2);
    }
  }

  /** A lane that is broken, where time is. */
  #break(side: Side, y: number): void {
    const x = this.geometry.lane[side];
    const [l, r] = [x - LANE_WIDTH / 2 - 3, x + LANE_WIDTH / 2 + 3];
    this.#layers.lanes.append(
      svg('path', {
        class: 'break',
        d: `M${l} ${y + 1}L${x - 2} ${y - 6}L${x + 2} ${y - 1}L${r} ${y - 8}V${y + 0}L${x + 2} ${y + 7}L${x - 2} ${y + 2}L${l} ${y + 9}Z`,
      }),
    );
  }

  /** The bounds of a change; open where one is unknown. */
  #whisker({ side, change, to }: Span): void {
    if (change === null) return;
    const { at, earliest, latest } = change;
    const x = this.geometry.lane[side] + (side === 'client' ? -WHISKER_OFFSET : WHISKER_OFFSET);
    const top = earliest === null ? this.y(at) - 10 : this.y(earliest);
    const bottom = latest === null ? this.y(Math.max(to, at)) : this.y(latest);
    if (bottom - top < 3) return;
    const cap = (y: number) => svg('line', { class: 'whisker', x1: x - 3, x2: x + 3, y1: y, y2: y });
    const middle = this.y(at);
    this.#layers.lanes.append(
      svg('line', { class: `whisker${earliest === null ? ' open' : ''}`, x1: x, x2: x, y1: top, y2: middle }),
      svg('line', { class: `whisker${latest === null ? ' open' : ''}`, x1: x, x2: x, y1: middle, y2: bottom }),
      ...(earliest === null ? [] : [cap(top)]),
      ...(latest === null ? [] : [cap(bottom)]),
    );
  }

  #stateName({ side, state, change }: Span, top: number): void {
    const x = this.geometry.lane[side] + (side === 'client' ? -LABEL_OFFSET : LABEL_OFFSET);
    const anchor = side === 'client' ? 'end' : 'start';
    let y = Math.max(top + 4, this.#lowest[side] + LINE);
    const name = this.#text('state-name', x, y, state ?? 'unknown', anchor);
    this.#layers.texts.append(name);
    this.#taken.push(side === 'client' ? y : Number.NEGATIVE_INFINITY);
    if (change?.basis === 'timer') {
      y += LINE - 2;
      this.#layers.texts.append(this.#text('time', x, y, 'by a timer', anchor));
      if (side === 'client') this.#taken.push(y);
    }
    this.#lowest[side] = y;
  }

  #run(run: Run): void {
    const { lane } = this.geometry;
    const [top, bottom] = [this.y(run.from), this.y(run.to)];
    const x = lane.client + LANE_WIDTH + 4;
    const width = lane.server - lane.client - 2 * (LANE_WIDTH + 4);
    const label = this.words.runLabel(run, Math.floor((width - 12) / this.#letter));
    const height = Math.max(bottom - top, 4);
    const group = svg(
      'g',
      { class: 'run' },
      svg('rect', { class: 'run-box', x, y: top, width, height, rx: 6 }),
      this.#text('arrow-label', x + width / 2, top + height / 2 + 4, label, 'middle'),
    );
    this.#layers.arrows.append(group);
    this.#item(group, top, { client: run.segment.frame, server: run.segment.frame }, () => this.words.run(run));
    this.#time(run.from, this.words.time(run.segment.time));
  }

  #arrow(arrow: Arrow, linear: boolean): void {
    const { segment, tapped, repeats } = arrow;
    const shape = arrowShape(arrow, this.geometry, (time) => this.y(time));
    const { x1, y1, x2, y2, angle, length } = shape;
    const { path } = this.geometry;
    // Of a segment that does not come all the way, what there is is a half of it.
    const isHalved = path !== null && shape.look !== 'lost' && shape.origin === null && length >= LEAST_FOR_DELAY;
    const room = isHalved ? length / 2 - 30 : length - 42;
    const label = this.words.label(segment, Math.floor(room / this.#letter));
    // Nearer to the sender, where arrows of one burst cross none of the answers.
    const labelAt = isHalved ? HALF_LABEL_AT : path === null ? LABEL_AT : 0.5;
    const [x, y] = shape.along(Math.max((label.length * this.#letter) / 2 + 12, length * labelAt));
    const isLegible = !linear || y - this.#lowest.label >= LINE;
    if (isLegible) this.#lowest.label = y;
    const group = svg(
      'g',
      { class: `segment ${shape.look}` },
      svg('line', { class: 'touch', x1, y1, x2, y2 }),
      svg('line', { class: 'shaft', x1, y1, x2: shape.shaftX, y2: shape.shaftY }),
      svg('path', { class: shape.isHollow ? 'head hollow' : 'head', d: shape.head }),
      shape.origin !== null && svg('circle', { class: 'origin', cx: shape.origin[0], cy: shape.origin[1], r: 3 }),
    );
    this.#layers.arrows.append(group);
    if (isLegible) {
      const text = this.#text('arrow-label', x, y - 5, label, 'middle');
      text.setAttribute('transform', `rotate(${angle} ${x} ${y})`);
      this.#layers.texts.append(text);
      this.#labels.push({ x, y: y - 5, half: (label.length * this.#letter) / 2 });
      const delay = isHalved ? this.words.delay(arrow) : null;
      if (delay !== null) this.#delays.push({ at: shape.along(length * DELAY_AT), angle, delay });
    }
    this.#item(group, Math.min(y1, y2), arrow.frames, () => this.words.arrow(arrow));
    this.#time(tapped, this.words.time(segment.time));
    if (repeats !== null) this.#link(arrow, repeats);
  }

  /** Where segments cross each other, a delay gives way to what they are. */
  #drawDelays(): void {
    for (const { at, angle, delay } of this.#delays) {
      const [x, y] = [at[0], at[1] - 5];
      const half = (delay.length * this.#letter) / 2;
      if (this.#labels.some((label) => Math.abs(label.x - x) < label.half + half && Math.abs(label.y - y) < LINE - 1))
        continue;
      const words = this.#text('delay', x, y, delay, 'middle');
      words.setAttribute('transform', `rotate(${angle} ${x} ${at[1]})`);
      this.#layers.texts.append(words);
    }
  }

  /** From a segment to the copy of it that came before. */
  #link(arrow: Arrow, original: Arrow): void {
    const { lane } = this.geometry;
    const { from } = arrow.segment;
    const inwards = from === 'client' ? 1 : -1;
    const x = lane[from] + inwards * (LANE_WIDTH / 2 + 1);
    const [top, bottom] = [this.y(original.sent), this.y(arrow.sent)];
    const bulge = x + inwards * Math.min(30, 10 + (bottom - top) / 8);
    this.#layers.links.append(
      svg('path', {
        class: 'repeat-link',
        d: `M${x} ${top}C${bulge} ${top + 8} ${bulge} ${bottom - 8} ${x} ${bottom}`,
      }),
    );
  }

  /** In its column, or, where there is none, beside the client's lane, wherever there is room. */
  #time(time: Time, text: string): void {
    const { timeRight, lane } = this.geometry;
    const y = this.y(time) + 4;
    if (timeRight !== null) {
      if (Math.abs(y - this.#lowest.time) < TIME_LINE) return;
      this.#lowest.time = y;
      this.#layers.texts.append(this.#text('time', timeRight, y, text, 'end'));
    } else if (this.#taken.every((taken) => Math.abs(taken - y) >= TIME_LINE - 1)) {
      this.#taken.push(y);
      this.#layers.texts.append(this.#text('time', lane.client - LABEL_OFFSET, y, text, 'end'));
    }
  }

  #end(): void {
    const { lane } = this.geometry;
    const y = this.y(this.model.end);
    this.#layers.texts.append(
      svg('line', { class: 'end', x1: lane.client - 10, x2: lane.server + 10, y1: y, y2: y }),
      this.#text('idle-label', (lane.client + lane.server) / 2, y + 16, 'the capture ends', 'middle'),
    );
    this.#time(this.model.end, this.words.time(this.model.end));
  }

  #item(element: SVGElement, top: number, frames: Item['frames'], describe: () => Description): void {
    element.setAttribute('tabindex', '-1');
    element.setAttribute('role', 'img');
    this.items.push({ element, top, frames, describe });
  }

  #text(className: string, x: number, y: number, text: string, anchor: 'start' | 'middle' | 'end'): SVGTextElement {
    return svg('text', { class: className, x, y, 'text-anchor': anchor }, text);
  }
}

/** Stripes over what is not proved. */
function hatching(): SVGElement {
  return svg(
    'defs',
    {},
    svg(
      'pattern',
      { id: 'hatch', width: 5, height: 5, patternUnits: 'userSpaceOnUse', patternTransform: 'rotate(45)' },
      svg('rect', { class: 'hatch-line', width: 2.6, height: 5 }),
    ),
  );
}
