import type { Fate, Flow } from '../../../src/index.js';

const FATES: Readonly<Record<Fate, string>> = { delivered: 'd', presumed: 'p', unheeded: 'u', ignored: 'i' };

/**
 * What a flow says of causes, in a line per change, with frames for their tap times: `server ESTABLISHED by 5 in [5, 7],
 * proved by 7, not 3` came by frame 5 (3 was believed before), between the tap times of 5 and 7, and 7 proves it.
 * A bound is `-` where there is none, and `~` where it is computed from more than one frame.
 */
export function causesOf(flow: Flow): string[] {
  const at = (time: number | null): string => {
    if (time === null) return '-';
    const frame = flow.segments.find((s) => s.time === time)?.frame;
    return frame === undefined ? '~' : String(frame);
  };
  return flow.timeline.map((t) => {
    const by = t.basis === 'timer' ? `timer since ${t.frame}` : String(t.frame);
    const proof = t.confirmedBy === null ? '' : `, proved by ${t.confirmedBy}`;
    const revoked = t.revoked.length === 0 ? '' : `, not ${t.revoked.join(' ')}`;
    return `${t.endpoint} ${t.to} by ${by} in [${at(t.earliest)}, ${at(t.latest)}]${proof}${revoked}`;
  });
}

/** A letter a segment, in the order of the capture: delivered, presumed, unheeded, ignored. */
export const fatesOf = (flow: Flow): string => flow.segments.map((s) => FATES[s.fate]).join('');
