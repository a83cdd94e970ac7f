import type { Endpoint } from '../connection/model.js';
import type { Flow } from '../findings/finding.js';
import { escapeText } from './escape.js';

/** `10.0.1.9:57469`, or `[2001:db8::1]:443`. */
export function endpointText({ address, port }: Endpoint): string {
  const text = escapeText(address);
  return text.includes(':') ? `[${text}]:${port}` : `${text}:${port}`;
}

/** `VLAN 10` and `VXLAN 42`, where they are part of the flow's key. */
export function networkTexts({ network }: Flow): string[] {
  const { vlan = [], tunnel = null } = network ?? {};
  return [
    ...(vlan.length > 0 ? [`VLAN ${vlan.join('.')}`] : []),
    ...(tunnel === null ? [] : [tunnel.id === null ? tunnel.kind : `${tunnel.kind} ${tunnel.id}`]),
  ];
}

/** The frame's number in its capture; with the capture's name where the flow spans several: `14 of ring-2.pcap`. */
export function frameText({ captures, frameNames }: Flow, number: number): string {
  const { capture, frame } = frameNames.nameOf(number);
  const file = capture?.split('/').at(-1);
  return captures.length > 1 && file ? `${frame} of ${escapeText(file)}` : `${frame}`;
}

/** `frame 14`, or `frames 14, 15, 17`; after `most` of them an ellipsis. */
export function framesText(flow: Flow, frames: readonly number[], most = 6): string {
  return numbersText(
    frames.slice(0, most + 1).map((frame) => frameText(flow, frame)),
    most,
  );
}

/** The same of frames that need no more than their number. */
export function numbersText(frames: readonly (number | string)[], most = 6): string {
  const more = frames.length > most ? ', …' : '';
  return `${frames.length === 1 ? 'frame' : 'frames'} ${frames.slice(0, most).join(', ')}${more}`;
}
