/**
 * A program that reads the same captures.
 * @typedef {object} Peer
 * @property {string} name of the program
 * @property {(capture: string, folder: string) => string[]} command the folder is for what it writes
 */

/** @type {readonly Peer[]} */
export const PEERS = [
  { name: 'tcpdump', command: (capture) => ['tcpdump', '-r', capture, '-w', '/dev/null'] },
  { name: 'capinfos', command: (capture) => ['capinfos', capture] },
  { name: 'argus', command: (capture) => ['argus', '-r', capture, '-w', '/dev/null'] },
  { name: 'tcptrace', command: (capture) => ['tcptrace', '-n', capture] },
  { name: 'tshark', command: (capture) => ['tshark', '-r', capture, '-q', '-z', 'conv,tcp'] },
];
