import type { ComparedFinding } from '../../../compare/compared-flow.js';
import type { Time } from '../../../connection/model.js';
import type { Side } from '../../../connection/state.js';
import type { Finding, Flow } from '../../../findings/finding.js';
import { numbersText } from '../../flow-text.js';
import { isCompared } from '../compared-pack.js';
import { button, h, svg } from './dom.js';
import { type Item, LadderDrawing } from './ladder-drawing.js';
import { type Geometry, geometryFor, LANE_WIDTH } from './ladder-geometry.js';
import { type LadderModel, ladderModel } from './ladder-model.js';
import { severityMark } from './severity.js';
import { foldedScale, type Idle, linearScale, type Moment, type TimeScale } from './time-scale.js';
import { type Description, Words } from './words.js';

/** Above the first event, for the states before it, and below the last. */
const TOP = 30;
const BOTTOM = 40;
const LINE = 14;
/** Height of a folded run. */
const RUN_ROOM = 30;
const LINEAR_HEIGHT = 1400;
const NOTE_GAP = 8;
const MOST_FRAMES = 8;

/** Both ends of one connection as lanes, with everything between them. */
export class LadderView {
  readonly element: HTMLElement;
  readonly #flow: Flow;
  readonly #words: Words;
  readonly #stage = h('div', { class: 'stage' });
  readonly #inspector = h('div', { class: 'inspector', 'aria-live': 'polite' });
  readonly #notes: readonly { readonly finding: Finding; readonly element: HTMLElement }[];
  #items: readonly Item[] = [];
  #linear = false;
  #unfolded = false;
  #zoom = 1;
  #width = 0;
  #pinned: Item | null = null;

  constructor(flow: Flow) {
    this.#flow = flow;
    this.#words = new Words(flow);
    this.#notes = [...flow.findings]
      .sort((a, b) => a.at - b.at)
      .map((finding) => ({ finding, element: this.#note(finding) }));
    this.element = h(
      'div',
      { class: 'ladder-view', on: { keydown: (event) => this.#key(event as KeyboardEvent) } },
      h(
        'p',
        { class: 'quiet no-print' },
        'Point at a segment or a state, or go through them with ↑ and ↓: frame, numbers, and why the state changed.',
      ),
      h(
        'div',
        { class: 'lane-heads', 'aria-hidden': 'true' },
        h('span', { class: 'lane-head client' }, 'client'),
        isCompared(flow) && h('span', { class: 'lane-head path' }, 'path'),
        h('span', { class: 'lane-head server' }, 'server'),
      ),
      this.#stage,
      this.#inspector,
    );
    this.#inspect(null);
    new ResizeObserver(() => {
      if (this.#stage.clientWidth !== this.#width) this.#draw();
    }).observe(this.#stage);
  }

  show(linear: boolean, unfolded: boolean): void {
    this.#linear = linear;
    this.#unfolded = unfolded;
    this.#draw();
  }

  zoom(factor: number): void {
    this.#zoom = Math.min(16, Math.max(0.5, this.#zoom * factor));
    this.#draw();
  }

  #draw(): void {
    const width = this.#stage.clientWidth;
    this.#width = width;
    if (width === 0) return;
    const model = ladderModel(this.#flow, this.#unfolded);
    const geometry = geometryFor(width, this.#stateWidth(), model.hasPath);
    this.#stage.replaceChildren(...this.#notes.map(({ element }) => element));
    this.#stage.classList.toggle('beside', geometry.notesLeft !== null);
    const places = this.#measureNotes(geometry, model);
    const scale = this.#linear
      ? linearScale(model.start, model.end, LINEAR_HEIGHT * this.#zoom)
      : foldedScale(moments(model, places), busy(model));
    const drawing = new LadderDrawing(model, scale, geometry, this.#words, TOP, this.#linear);
    const notesBottom = this.#placeNotes(geometry, scale, drawing, places);
    const height = Math.max(TOP + scale.y(model.end) + BOTTOM, notesBottom + NOTE_GAP);
    drawing.finish(height);
    this.#stage.prepend(drawing.element);
    this.#stage.style.height = `${height}px`;
    this.#heads(geometry);
    this.#items = drawing.items;
    this.#listen();
  }

  /** Notes within the ladder push what comes after them down by their height, which only the browser knows. */
  #measureNotes(geometry: Geometry, model: LadderModel): NotePlace[] {
    const { lane, notesLeft, width } = geometry;
    return this.#notes.map(({ finding, element }) => {
      const within = notesLeft === null && !this.#linear;
      const left = notesLeft ?? (finding.endpoint === 'server' ? 0 : lane.client + LANE_WIDTH);
      const right = finding.endpoint === 'server' && notesLeft === null ? lane.server - LANE_WIDTH : width;
      element.style.left = `${this.#linear && notesLeft === null ? 0 : left}px`;
      element.style.width = `${this.#linear && notesLeft === null ? width : right - left}px`;
      // Below whatever is still on its way at that time.
      const time = within
        ? model.arrows.reduce(
            (last, { sent, received }) => (sent <= finding.at ? Math.max(last, received) : last),
            finding.at,
          )
        : finding.at;
      return { finding, element, time, height: element.offsetHeight, within };
    });
  }

  /** Gives the bottom of the lowest note. */
  #placeNotes(geometry: Geometry, scale: TimeScale, drawing: LadderDrawing, places: readonly NotePlace[]): number {
    let bottom = geometry.notesLeft === null && this.#linear ? TOP + scale.height + BOTTOM : 0;
    const taken = new Map<Time, number>();
    for (const { finding, element, time, height, within } of places) {
      const after = taken.get(time) ?? 0;
      const wanted = within
        ? TOP + scale.y(time) + 12 + labelRoom(drawing.model, time) + after
        : TOP + scale.y(time) - 14;
      const top = within ? wanted : Math.max(wanted, bottom + NOTE_GAP);
      element.style.top = `${top}px`;
      taken.set(time, after + height + NOTE_GAP);
      bottom = Math.max(bottom, top + height);
      drawing.leader(finding.at, finding.endpoint, top, finding.severity);
    }
    return bottom;
  }

  /** In the font that the browser has. */
  #stateWidth(): number {
    const text = svg('text', { class: 'state-name' }, 'ESTABLISHED');
    const probe = svg('svg', { class: 'ladder' }, text);
    this.#stage.append(probe);
    const width = text.getComputedTextLength();
    probe.remove();
    return width;
  }

  #heads({ lane, path }: Geometry): void {
    for (const [name, left] of Object.entries({ ...lane, path })) {
      const head = this.element.querySelector<HTMLElement>(`.lane-head.${name}`);
      if (head !== null) head.style.left = `${left}px`;
    }
  }

  #note(finding: Finding): HTMLElement {
    const { kind, severity, message, advice, causes, excluded, frames } = finding;
    const { tap, verdict } = { tap: null, verdict: null, ...(finding as Partial<ComparedFinding>) };
    const isWrong = severity === 'error' || severity === 'warning';
    const list = (title: string, items: readonly string[]): Node[] =>
      items.length === 0 ? [] : [h('h4', {}, title), h('ul', {}, ...items.map((item) => h('li', {}, item)))];
    return h(
      'article',
      { class: `note ${severity}`, 'data-kind': kind },
      h('h3', {}, severityMark(severity), ' ', kind),
      h('p', {}, message),
      verdict !== null && h('p', { class: 'decided' }, `= ${verdict}`),
      isWrong && verdict === null && advice !== '' && h('p', { class: 'advice' }, `→ ${advice}`),
      h(
        'p',
        { class: 'note-frames', 'aria-label': numbersText(frames) },
        frames.length > 0 && `${tap === null ? '' : `${tap}’s side, `}${frames.length === 1 ? 'frame ' : 'frames '}`,
        ...frames
          .slice(0, MOST_FRAMES)
          .map((frame) =>
            button(String(frame), () => this.#goTo(frame, tap ?? 'client'), { 'aria-label': `Go to frame ${frame}` }),
          ),
        frames.length > MOST_FRAMES && ' …',
      ),
      verdict === null &&
        causes.length + excluded.length > 0 &&
        h(
          'details',
          { on: { toggle: () => this.#draw() } },
          h('summary', {}, 'Causes'),
          ...list('That fit', causes),
          ...list('That the evidence excludes', excluded),
        ),
    );
  }

  #listen(): void {
    this.#items.forEach((item, index) => {
      const { element } = item;
      element.setAttribute('aria-label', spoken(item.describe()));
      if (index === 0) element.setAttribute('tabindex', '0');
      element.addEventListener('pointerenter', () => this.#inspect(item));
      element.addEventListener('focus', () => this.#inspect(item));
      element.addEventListener('click', () => {
        this.#pinned = this.#pinned === item ? null : item;
        this.#focus(item);
      });
      element.addEventListener('pointerleave', () => this.#inspect(this.#pinned));
    });
  }

  /** @param tap whose capture numbers the frame so */
  #goTo(frame: number, tap: Side): void {
    const numbered = this.#items.map((item) => ({ item, number: item.frames?.[tap] ?? null }));
    const { item } =
      numbered.find(({ number }) => number === frame) ??
      numbered.findLast(({ number }) => number !== null && number < frame) ??
      {};
    if (item === undefined) return;
    item.element.scrollIntoView({ block: 'center' });
    this.#focus(item);
  }

  #key(event: KeyboardEvent): void {
    const step = { ArrowDown: 1, ArrowUp: -1, Home: -this.#items.length, End: this.#items.length }[event.key];
    const current = this.#items.findIndex(({ element }) => element === document.activeElement);
    if (step === undefined || current < 0) return;
    event.preventDefault();
    this.#focus(this.#items[Math.min(this.#items.length - 1, Math.max(0, current + step))]);
  }

  #focus(item: Item): void {
    for (const { element } of this.#items) element.setAttribute('tabindex', element === item.element ? '0' : '-1');
    item.element.focus();
  }

  #inspect(item: Item | null): void {
    this.#inspector.hidden = item === null;
    if (item === null) return;
    const { title, facts } = item.describe();
    this.#inspector.replaceChildren(
      h('h3', {}, title),
      h('dl', {}, ...facts.flatMap(([name, value]) => [h('dt', {}, name), h('dd', {}, value)])),
    );
  }
}

interface NotePlace {
  readonly finding: Finding;
  readonly element: HTMLElement;
  /** What it stands below. */
  readonly time: Time;
  readonly height: number;
  /** Whether it stands within the ladder. */
  readonly within: boolean;
}

/** Everything that the folded scale has to keep apart. */
function moments(model: LadderModel, notes: readonly NotePlace[]): Moment[] {
  const list: Moment[] = [
    { time: model.start, place: null, room: 0 },
    { time: model.end, place: 'tap', room: model.isOpen ? 10 : 0 },
  ];
  for (const { segment, sent, tapped, received } of model.arrows) {
    const toServer = (segment.from === 'client') === (segment.icmp === null);
    list.push({ time: sent, place: toServer ? 'client' : 'server', room: 0 });
    list.push({ time: tapped, place: 'tap', room: 0 });
    list.push({ time: received, place: toServer ? 'server' : 'client', room: 0 });
  }
  for (const { from, to } of model.runs)
    list.push({ time: from, place: 'tap', room: RUN_ROOM }, { time: to, place: null, room: 4 });
  for (const { from, change } of model.spans) {
    if (change !== null) list.push({ time: from, place: null, room: labelRoom(model, from) });
  }
  const heights = new Map<Time, number>();
  for (const { time, height, within } of notes)
    if (within) heights.set(time, (heights.get(time) ?? 0) + height + NOTE_GAP);
  for (const [time, height] of heights) list.push({ time, place: null, room: height + 22 + labelRoom(model, time) });
  return list;
}

/** What the names of several states that begin at one time, at one end, take below the first. */
function labelRoom(model: LadderModel, time: Time): number {
  const lines = { client: 0, server: 0 };
  for (const { side, from, change } of model.spans)
    if (change !== null && from === time) lines[side] += change.basis === 'timer' ? 2 : 1;
  return LINE * Math.max(0, Math.max(lines.client, lines.server) - 1);
}

/** Times at which something is on its way, or a run goes on. */
function busy(model: LadderModel): Idle[] {
  return [...model.arrows.map(({ sent, received }) => ({ from: sent, to: received })), ...model.runs].filter(
    ({ from, to }) => to > from,
  );
}

const spoken = ({ title, facts }: Description): string =>
  `${title}. ${facts.map(([name, value]) => `${name}: ${value}`).join('. ')}`;
