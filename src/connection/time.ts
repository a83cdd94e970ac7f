import type { Time } from './model.js';

/** Units of `Time`. */
export const MILLISECOND: Time = 1e6;
export const SECOND: Time = 1e9;
