import type { Time } from './model.js';

/** How long what sound connections do may take. */
export interface Patience {
  /** From how long on handshakes and CLOSE_WAIT are something to report. */
  readonly handshake: Time;
  readonly closeWait: Time;
  /** The longest silence between segments of an established connection that nobody asks for. */
  readonly silence: Time;
}
