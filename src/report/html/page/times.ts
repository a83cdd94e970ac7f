import type { Clock, Time } from '../../../connection/model.js';
import { formatTimestamp } from '../../units.js';

/** `13:53:04.123456`, in UTC. */
export const timeOfDay = (time: Time, clock: Clock, digits = 6): string => {
  const text = formatTimestamp(Math.round(time), clock);
  return digits === 0 ? text.slice(11, 19) : text.slice(11, 20 + digits);
};

/** `2026-11-20 13:53:04.123456 UTC` */
export const dateAndTime = (time: Time, clock: Clock): string =>
  formatTimestamp(Math.round(time), clock).replace('T', ' ').replace('Z', ' UTC');
