import { CaptureError } from './error.js';
import type { Frame } from './frame.js';

/** What libpcap and Wireshark hold to be the longest sane record, whatever the snap length says. */
const STANDARD_BOUND = 262_144;
/** Writers that put "no limit" in the snap length must not make a damaged length look sane. */
const LARGEST_BOUND = 16 * 1024 * 1024;

/** The most captured bytes a record of this capture may claim: the snap length, within what is sane. */
export function recordBound(snapLength: number): number {
  return Math.min(Math.max(snapLength, STANDARD_BOUND), LARGEST_BOUND);
}

/**
 * Sets a frame's time of capture. A fraction of a whole second or more, which some writers leave, goes into the seconds.
 *
 * @param fraction in units of which there are `unitsPerSecond`
 */
export function setTime(frame: Frame, seconds: number, fraction: number, unitsPerSecond: number): void {
  const whole = fraction < unitsPerSecond ? 0 : Math.floor(fraction / unitsPerSecond);
  frame.seconds = seconds + whole;
  frame.nanoseconds = (fraction - whole * unitsPerSecond) * (1e9 / unitsPerSecond);
}

/** Where a record stands in its capture. */
export interface RecordPlace {
  readonly path: string;
  /** Number of the frame, from 1. */
  readonly frame: number;
  /** Offset of the record's first byte in the (decompressed) capture. */
  readonly start: number;
}

/**
 * The capture ends inside this record.
 *
 * @param headerLength bytes of the record's header
 * @param capturedLength what that header says; null where the capture ends inside the header
 * @param present bytes of the record, its header among them, that are there
 */
export function truncatedRecord(
  { path, frame, start }: RecordPlace,
  headerLength: number,
  capturedLength: number | null,
  present: number,
): CaptureError {
  const [part, partStart] =
    capturedLength === null
      ? [`a record header of ${headerLength} bytes`, start]
      : [`${capturedLength} captured bytes`, start + headerLength];
  return new CaptureError(
    'truncated-record',
    path,
    start + present,
    frame,
    `${part} from byte ${partStart}`,
    `the end of the capture after ${start + present - partStart}`,
  );
}

/**
 * This record claims more bytes than a sane one has.
 *
 * @param fieldOffset of the length within the record's header
 */
export function insaneRecord(
  { path, frame, start }: RecordPlace,
  fieldOffset: number,
  capturedLength: number,
  bound: number,
): CaptureError {
  return new CaptureError(
    'record-length',
    path,
    start + fieldOffset,
    frame,
    `a captured length of at most ${bound} bytes`,
    `${capturedLength}`,
  );
}
