import type { LoggedSegment } from '../connection/model.js';
import { RST } from '../decode/segment.js';
import type { Piece } from './line.js';
import type { Look } from './look.js';
import type { SegmentLabels } from './segment-label.js';
import { displayWidth } from './width.js';

/** Share of the way that a segment comes which is lost behind the tap, and an ICMP message that starts on the path. */
const CUT_OFF = 0.75;
const HALFWAY = 0.6;

/** What an arrow takes besides its label: two dashes, blanks, two dashes, a head. */
const AROUND_LABEL = 7;

/** The arrow of one segment between the lanes: exactly `width` columns, the label at its sender's end. */
export function arrow(segment: LoggedSegment, labels: SegmentLabels, width: number): Piece[] {
  const label = labels.fit(segment, width - AROUND_LABEL);
  const toServer = (segment.from === 'client') === (segment.icmp === null);
  const whole = lookOf(segment);
  const [reach, tail, head] = shapeOf(segment, toServer);
  const length = Math.max(Math.floor(width * reach), displayWidth(label) + AROUND_LABEL);
  const dashes = '─'.repeat(length - displayWidth(label) - AROUND_LABEL + 2);
  const blank: Piece = [null, ' '.repeat(width - length)];
  const line = whole ?? 'quiet';
  // An ICMP message starts on the path and ends at the sender of what it quotes; all else starts at its sender.
  const fromPath = segment.icmp !== null;
  const pieces: Piece[] = [
    [line, `${tail} `],
    [whole, label],
    [line, ` ${dashes}${head}`],
  ];
  if (toServer) return fromPath ? [blank, ...pieces] : [...pieces, blank];
  const mirrored: Piece[] = [
    [line, `${head}${dashes} `],
    [whole, label],
    [line, ` ${[...tail].reverse().join('')}`],
  ];
  return fromPath ? [...mirrored, blank] : [blank, ...mirrored];
}

function shapeOf(segment: LoggedSegment, toServer: boolean): [reach: number, tail: string, head: string] {
  if (segment.icmp !== null) return [HALFWAY, '○─', toServer ? '▶' : '◀'];
  if (segment.fate === 'unheeded') return [CUT_OFF, '──', '✗'];
  if (segment.fate === 'ignored') return [1, '──', toServer ? '▷' : '◁'];
  return [1, '──', toServer ? '▶' : '◀'];
}

function lookOf(segment: LoggedSegment): Look | null {
  if (segment.fate === 'unheeded' || segment.icmp !== null || segment.flags & RST) return 'failed';
  return segment.retransmission ? 'repeated' : null;
}
