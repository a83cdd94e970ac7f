import type { Transition } from '../connection/model.js';
import { otherSide } from '../connection/state.js';
import type { Finding, Flow } from '../findings/finding.js';
import { escapeText } from '../report/escape.js';
import { timestamp } from '../report/timestamp.js';

/**
 * What is written beside frames, and how much of it is kept in memory: state changes of ordinary connections are the first
 * to be left out.
 */
const MAX_COMMENTS = 1_000_000;

/**
 * Comments on frames, by their numbers through all captures. Each begins with `lastack` and a word that a display filter can ask for:
 * `error`, `warning`, `notice`, `info` for a finding, `evidence` for a frame that proves one, `state` for a change.
 */
export class FrameComments {
  readonly #byFrame = new Map<number, string[]>();
  /** How many there are. */
  size = 0;
  /** Connections whose changes of state were left out for lack of room. */
  unannotated = 0;

  add(flow: Flow): void {
    for (const finding of flow.findings) this.#addFinding(finding, flow);
    if (this.size >= MAX_COMMENTS) {
      this.unannotated++;
      return;
    }
    for (const transition of flow.timeline) this.#addTransition(transition, flow);
    if (flow.findings.length > 0) this.#addUnheeded(flow);
  }

  of(frame: number): readonly string[] {
    return this.#byFrame.get(frame) ?? [];
  }

  #addFinding({ kind, severity, endpoint, frames, message, advice }: Finding, { flow, timeline }: Flow): void {
    const [first = timeline[0]?.frame, ...others] = frames;
    if (first === undefined) return;
    const where = endpoint === null ? `flow ${flow}` : `flow ${flow}, ${endpoint}`;
    this.#add(first, `lastack ${severity}: ${kind} (${where}): ${message}`, advice === '' ? null : `→ ${advice}`);
    for (const frame of others) this.#add(frame, `lastack evidence: ${kind} (flow ${flow}, see frame ${first})`);
  }

  #addTransition(change: Transition, { flow, clock }: Flow): void {
    const { endpoint, from, to, at, basis, frame, reason } = change;
    const states = from === null ? to : `${from} → ${to}`;
    // A timer's change comes after the frame that started it.
    const when = basis === 'timer' ? ` at ${timestamp(at, clock)}` : '';
    this.#add(frame, `lastack state: ${endpoint} ${states}${when} (flow ${flow}, ${basis}): ${reason}`);
  }

  /** Segments whose receiver went on as if they had never come. */
  #addUnheeded(flow: Flow): void {
    for (const { frame, time, from, fate, icmp } of flow.segments) {
      if (fate !== 'unheeded' || icmp !== null) continue;
      const receiver = otherSide(from);
      const before = flow.timeline.findLast(({ endpoint, at }) => endpoint === receiver && at <= time);
      const first = flow.timeline.find(({ endpoint }) => endpoint === receiver);
      const state = before?.to ?? first?.from ?? null;
      if (state === null) continue;
      const why = 'this segment was lost behind the tap, or dropped by its host';
      this.#add(frame, `lastack state: ${receiver} stays in ${state} (flow ${flow.flow}): ${why}`);
    }
  }

  #add(frame: number, text: string, more: string | null = null): void {
    const lines = more === null ? [text] : [text, more];
    const comment = lines.map(escapeText).join('\n');
    const comments = this.#byFrame.get(frame);
    if (comments === undefined) this.#byFrame.set(frame, [comment]);
    else comments.push(comment);
    this.size++;
  }
}
