import type { LoggedSegment, Time, Transition } from '../../connection/model.js';
import { otherSide, type Side } from '../../connection/state.js';
import type { Finding, Flow } from '../../findings/finding.js';
import { escapeText } from '../escape.js';
import { endpointText } from '../flow-text.js';
import { foldSegments } from '../fold.js';
import { ladderRows } from '../ladder-rows.js';
import { SegmentLabels } from '../segment-label.js';
import { formatBytes, formatCount, formatDuration } from '../units.js';

const LABEL_WIDTH = 60;
const SIDES: readonly Side[] = ['client', 'server'];

/** What stands before the first connection's lines. */
export const MERMAID_HEADER = 'sequenceDiagram\n';

/**
 * A connection as lines of a Mermaid sequence diagram: segments are arrows (crossed where they were not heeded), states are
 * notes over their end, findings notes over both. Participants are named after the flow, so that one diagram holds several.
 */
export function mermaidLines(flow: Flow): string {
  return `${new Diagram(flow)
    .lines()
    .map((line) => `    ${line}`)
    .join('\n')}\n`;
}

class Diagram {
  readonly #flow: Flow;
  readonly #labels: SegmentLabels;
  readonly #names: Readonly<Record<Side, string>>;

  constructor(flow: Flow) {
    this.#flow = flow;
    this.#labels = new SegmentLabels(flow);
    this.#names = { client: `C${flow.flow}`, server: `S${flow.flow}` };
  }

  lines(): string[] {
    const flow = this.#flow;
    const lines = SIDES.map((side) => `participant ${this.#names[side]} as ${escaped(this.#title(side))}`);
    for (const side of SIDES) {
      const initial = flow.timeline.find(({ endpoint }) => endpoint === side)?.from ?? null;
      if (initial !== null) lines.push(this.#noteOver(side, initial));
    }
    for (const row of ladderRows(flow, foldSegments(flow))) {
      switch (row.type) {
        case 'segment':
          lines.push(this.#segment(row.segment), ...this.#changes(row.changes));
          break;
        case 'more':
          lines.push(...this.#changes(row.changes));
          break;
        case 'change':
          lines.push(this.#change(row.transition, true));
          break;
        case 'finding':
          lines.push(this.#finding(row.finding));
      }
    }
    return lines;
  }

  #title(side: Side): string {
    return `${side} ${endpointText(this.#flow[side])} (flow ${this.#flow.flow})`;
  }

  #segment(segment: LoggedSegment): string {
    const { from, time, fate, icmp, run } = segment;
    const at = formatTime(time - this.#flow.start);
    if (run !== null) {
      const { segments, bytes, lastTime } = run;
      const sum = (of: Readonly<Record<Side, number>>) => of.client + of.server;
      const what = `${formatCount(sum(segments))} segments, ${formatBytes(sum(bytes))}, ${formatDuration(lastTime - time)}`;
      return this.#noteOverBoth(`${at} … ${what} …`);
    }
    const text = `${at} ${this.#labels.fit(segment, LABEL_WIDTH)}`;
    // An ICMP error goes back to whoever sent what it quotes.
    if (icmp !== null) return `${this.#names[otherSide(from)]}--)${this.#names[from]}: ${escaped(text)}`;
    const line = fate === 'unheeded' ? '-x' : fate === 'ignored' ? '-->>' : '->>';
    return `${this.#names[from]}${line}${this.#names[otherSide(from)]}: ${escaped(text)}`;
  }

  #changes(changes: Readonly<Partial<Record<Side, Transition>>>): string[] {
    return SIDES.flatMap((side) => {
      const change = changes[side];
      return change === undefined ? [] : [this.#change(change, false)];
    });
  }

  #change({ endpoint, to, at, basis }: Transition, isAlone: boolean): string {
    const how = basis === 'timer' ? ' (timer)' : '';
    return this.#noteOver(endpoint, isAlone ? `${formatTime(at - this.#flow.start)} ${to}${how}` : `${to}${how}`);
  }

  #finding({ kind, severity, message }: Finding): string {
    return this.#noteOverBoth(`${severity}: ${kind}: ${message}`);
  }

  #noteOver(side: Side, text: string): string {
    return `Note over ${this.#names[side]}: ${escaped(text)}`;
  }

  #noteOverBoth(text: string): string {
    return `Note over ${this.#names.client},${this.#names.server}: ${escaped(text)}`;
  }
}

const formatTime = (time: Time): string => `${(time / 1e9).toFixed(6)}`;

/** Whatever ends a line, begins a comment, a directive or a tag in Mermaid becomes an entity. */
function escaped(text: string): string {
  return escapeText(text).replace(/[#;%{}<>&"\\]/g, (character) => `#${character.charCodeAt(0)};`);
}
