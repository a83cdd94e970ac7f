import type { Time } from './model.js';

/** From how long on handshakes and CLOSE_WAIT are something to report. */
export interface Patience {
  readonly handshake: Time;
  readonly closeWait: Time;
}
