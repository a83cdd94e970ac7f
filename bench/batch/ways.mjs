import { gzipSync } from 'node:zlib';

const FILE_HEADER = 24;
const RECORD_HEADER = 16;

/**
 * One way in which a capture is broken.
 * @typedef {object} Way
 * @property {string} name
 * @property {string} extension of the file
 * @property {string} code of the error that a reader must give
 * @property {boolean} partial whether frames before the damage can be read
 * @property {(capture: Buffer) => Buffer} damage
 */

/** @type {readonly Way[]} */
export const WAYS = [
  { name: 'empty', extension: 'pcap', code: 'empty', partial: false, damage: () => Buffer.alloc(0) },
  {
    name: 'header cut',
    extension: 'pcap',
    code: 'truncated-header',
    partial: false,
    damage: (capture) => capture.subarray(0, 10),
  },
  {
    name: 'header overwritten with zeros',
    extension: 'pcap',
    code: 'not-a-capture',
    partial: false,
    damage: (capture) => Buffer.from(capture).fill(0, 0, FILE_HEADER),
  },
  {
    name: 'unknown version',
    extension: 'pcap',
    code: 'unsupported-version',
    partial: false,
    damage: (capture) => edit(capture, (bytes) => bytes.writeUInt16LE(9, 4)),
  },
  {
    name: 'link type without IP',
    extension: 'pcap',
    code: 'unsupported-link-type',
    partial: false,
    // LINKTYPE_USB_LINUX
    damage: (capture) => edit(capture, (bytes) => bytes.writeUInt32LE(189, 20)),
  },
  {
    name: 'cut in the middle of a frame',
    extension: 'pcap',
    code: 'truncated-record',
    partial: true,
    damage: (capture) => capture.subarray(0, middle(capture) + RECORD_HEADER + 5),
  },
  {
    name: 'cut in the middle of a record header',
    extension: 'pcap',
    code: 'truncated-record',
    partial: true,
    damage: (capture) => capture.subarray(0, middle(capture) + 7),
  },
  {
    name: 'impossible record length',
    extension: 'pcap',
    code: 'record-length',
    partial: true,
    damage: (capture) => edit(capture, (bytes) => bytes.writeUInt32LE(0x7fff_ffff, middle(capture) + 8)),
  },
  {
    name: 'gzip cut',
    extension: 'pcap.gz',
    code: 'damaged-compression',
    partial: true,
    damage: (capture) => {
      const stored = gzipSync(capture);
      return stored.subarray(0, stored.length >> 1);
    },
  },
  {
    name: 'gzip with a wrong checksum',
    extension: 'pcap.gz',
    code: 'damaged-compression',
    partial: true,
    damage: (capture) => edit(gzipSync(capture), (bytes) => bytes.writeUInt32LE(0xdeadbeef, bytes.length - 8)),
  },
];

/**
 * @param {Buffer} capture
 * @param {(bytes: Buffer) => void} change
 */
function edit(capture, change) {
  const bytes = Buffer.from(capture);
  change(bytes);
  return bytes;
}

/**
 * Where the first record of the second half begins.
 * @param {Buffer} capture
 */
function middle(capture) {
  let at = FILE_HEADER;
  while (at < capture.length >> 1) at += RECORD_HEADER + capture.readUInt32LE(at + 8);
  return at;
}
