import type { Frame } from '../capture/frame.js';
import type { TcpState } from '../connection/state.js';
import type { Flow } from '../findings/finding.js';
import type { FrameToWrite } from './capture-writer.js';

/** States in which the silence after a connection's last segment is part of the evidence. */
const WAITING: ReadonlySet<TcpState> = new Set([
  'SYN_SENT',
  'SYN_RECV',
  'FIN_WAIT1',
  'FIN_WAIT2',
  'CLOSING',
  'CLOSE_WAIT',
  'LAST_ACK',
]);

/**
 * Whether what is said of a connection rests on how long the capture went on after its last segment: a timer that ran out, an
 * end that never closed. Its frames alone would tell less.
 */
export function restsOnSilence(flow: Flow): boolean {
  if (flow.followedUntil <= flow.end) return false;
  if (WAITING.has(flow.clientState) || WAITING.has(flow.serverState)) return true;
  return flow.timeline.some(({ basis, at }) => basis === 'timer' && at > flow.end);
}

/**
 * The newest frame of a capture as an empty record: none of its bytes, which are another connection's, but its time and its
 * length. It says that the capture went on until then.
 */
export class EndMark {
  #seconds = 0;
  #nanoseconds = 0;
  #originalLength = 0;
  #linkType = 0;
  /** The newest frame has been written itself. */
  #written = true;

  see({ seconds, nanoseconds, originalLength, linkType }: Frame, written: boolean): void {
    if (seconds < this.#seconds || (seconds === this.#seconds && nanoseconds < this.#nanoseconds)) return;
    const sameTime = seconds === this.#seconds && nanoseconds === this.#nanoseconds;
    this.#written = written || (sameTime && this.#written);
    this.#seconds = seconds;
    this.#nanoseconds = nanoseconds;
    this.#originalLength = originalLength;
    this.#linkType = linkType;
  }

  /** Null where a frame of that time was written. */
  record(): FrameToWrite | null {
    if (this.#written) return null;
    return {
      bytes: new Uint8Array(0),
      offset: 0,
      capturedLength: 0,
      originalLength: this.#originalLength,
      seconds: this.#seconds,
      nanoseconds: this.#nanoseconds,
      linkType: this.#linkType,
    };
  }
}
