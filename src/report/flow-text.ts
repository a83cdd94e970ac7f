import type { Endpoint } from '../connection/model.js';
import { escapeText } from './escape.js';

/** `10.0.1.9:57469`, or `[2001:db8::1]:443`. */
export function endpointText({ address, port }: Endpoint): string {
  const text = escapeText(address);
  return text.includes(':') ? `[${text}]:${port}` : `${text}:${port}`;
}

/** `frame 14`, or `frames 14, 15, 17`; after `most` of them an ellipsis. */
export function framesText(frames: readonly number[], most = 6): string {
  const shown = frames.slice(0, most).join(', ');
  return `${frames.length === 1 ? 'frame' : 'frames'} ${shown}${frames.length > most ? ', …' : ''}`;
}
