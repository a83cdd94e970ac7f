import { SEG_PORTS, WATCHED_PORTS } from './layout';
import { word } from './record';
import { directionOf, FIN, flagsOf, lengthOf } from './segment';

/* What shows that the application behind a watched port is alive is left to who notes that (see connection/listeners.ts). */

const FIRST: usize = WATCHED_PORTS;
const BYTES: usize = 0x10000 >> 3;

let watches: bool = false;

export function watchNoPort(): void {
  watches = false;
  memory.fill(FIRST, 0, BYTES);
}

export function watchPort(port: u32): void {
  watches = true;
  store<u8>(byteOf(port), load<u8>(byteOf(port)) | <u8>bitOf(port));
}

/** Whether a segment shows that an application at a watched port is alive. */
export function isOfWatchedPort(segment: usize): bool {
  if (!watches || (lengthOf(segment) === 0 && (flagsOf(segment) & FIN) === 0)) return false;
  const ports = word(segment, SEG_PORTS);
  const port = directionOf(segment) === 0 ? ports >> 16 : ports & 0xffff;
  return (load<u8>(byteOf(port)) & bitOf(port)) !== 0;
}

function byteOf(port: u32): usize {
  return FIRST + (port >> 3);
}

function bitOf(port: u32): u32 {
  const one: u32 = 1;
  return one << (port & 7);
}
