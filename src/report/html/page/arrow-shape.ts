import type { Time } from '../../../connection/model.js';
import { otherSide } from '../../../connection/state.js';
import { RST } from '../../../decode/segment.js';
import { ARROW_INSET, type Geometry } from './ladder-geometry.js';
import type { Arrow } from './ladder-model.js';

/** An arrow in pixels. */
export interface ArrowShape {
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
  /** Where the shaft ends and the head begins. */
  readonly shaftX: number;
  readonly shaftY: number;
  /** Where an ICMP message begins, or what no end has sent: on the path. */
  readonly origin: readonly [number, number] | null;
  readonly head: string;
  readonly isHollow: boolean;
  /** The point at this distance from the sender. */
  readonly along: (distance: number) => readonly [x: number, y: number];
  /** Of its label, in degrees: never upside down. */
  readonly angle: number;
  readonly length: number;
  readonly look: 'lost' | 'injected' | 'reset' | 'icmp' | 'repeated' | 'ordinary';
}

const HEAD = 9;
/** Half the width of the head, and of the cross of a lost segment. */
const HALF = 4;
const CROSS = 5;
/** Share of the way that a segment comes whose receiver never acted on it. */
const LOST_AT = 0.72;
/** An ICMP message begins on the path. */
const ICMP_FROM = 0.4;
/** Where the lane of the path is. */
const PATH_AT = 0.5;

export function arrowShape(arrow: Arrow, { lane }: Geometry, y: (time: Time) => number): ArrowShape {
  const { segment, sent, received, passed } = arrow;
  const isIcmp = segment.icmp !== null;
  const from = isIcmp ? otherSide(segment.from) : segment.from;
  const toRight = from === 'client';
  const inwards = toRight ? ARROW_INSET : -ARROW_INSET;
  const whole = { x1: lane[from] + inwards, y1: y(sent), x2: lane[otherSide(from)] - inwards, y2: y(received) };
  const isLost = passed === null ? segment.fate === 'unheeded' && !isIcmp : passed.fate === 'lost';
  const beginsOnPath = isIcmp || passed?.fate === 'injected';
  const lostAt = passed === null ? LOST_AT : PATH_AT;
  const beginsAt = !beginsOnPath ? 0 : passed === null ? ICMP_FROM : PATH_AT;
  const at = (share: number): [number, number] => [
    whole.x1 + share * (whole.x2 - whole.x1),
    whole.y1 + share * (whole.y2 - whole.y1),
  ];
  const [x1, y1] = at(beginsAt);
  const [x2, y2] = at(isLost ? lostAt : 1);
  const radians = Math.atan2(y2 - y1, x2 - x1);
  const [cos, sin] = [Math.cos(radians), Math.sin(radians)];
  const point = (along: number, across: number): string =>
    `${round(x2 + along * cos - across * sin)} ${round(y2 + along * sin + across * cos)}`;
  const head = isLost
    ? `M${point(-CROSS, -CROSS)}L${point(CROSS, CROSS)}M${point(-CROSS, CROSS)}L${point(CROSS, -CROSS)}`
    : `M${point(0, 0)}L${point(-HEAD, -HALF)}L${point(-HEAD, HALF)}Z`;
  const shaft = isLost ? 0 : HEAD - 1;
  return {
    x1,
    y1,
    x2,
    y2,
    shaftX: round(x2 - shaft * cos),
    shaftY: round(y2 - shaft * sin),
    origin: beginsOnPath ? [x1, y1] : null,
    head,
    // That it arrived is known where it passed both taps.
    isHollow: segment.fate === 'ignored' || (passed?.fate === 'delivered' && segment.fate === 'unheeded'),
    along: (distance) => [round(x1 + distance * cos), round(y1 + distance * sin)],
    angle: round(((toRight ? radians : radians + Math.PI) * 180) / Math.PI),
    length: Math.hypot(x2 - x1, y2 - y1),
    look: lookOf(arrow, isLost),
  };
}

function lookOf({ segment, passed }: Arrow, isLost: boolean): ArrowShape['look'] {
  if (isLost) return 'lost';
  if (passed?.fate === 'injected') return 'injected';
  if (segment.icmp !== null) return 'icmp';
  if ((segment.flags & RST) !== 0) return 'reset';
  return segment.retransmission ? 'repeated' : 'ordinary';
}

const round = (value: number): number => Math.round(value * 100) / 100;
