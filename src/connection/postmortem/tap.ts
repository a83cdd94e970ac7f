import type { Tap, Time } from '../model.js';
import { MILLISECOND } from '../time.js';

/** An end that answers this fast is on the tap's own host: more than a stack takes, less than most networks. */
export const SAME_HOST = 0.3 * MILLISECOND;
/** Or one that answers this many times faster than the other. */
const MUCH_NEARER = 10;

/** Where the capture was taken, by the round trips from the tap to each end; null where nothing tells. */
export function tapOf(client: Time | null, server: Time | null): Tap {
  if (client === null || server === null) {
    if (client !== null && client < SAME_HOST) return 'client';
    if (server !== null && server < SAME_HOST) return 'server';
    return 'unknown';
  }
  const [near, far] = client < server ? [client, server] : [server, client];
  if (near >= SAME_HOST && far < MUCH_NEARER * near) return 'middle';
  return client < server ? 'client' : 'server';
}
