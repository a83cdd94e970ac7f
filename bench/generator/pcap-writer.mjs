import { closeSync, openSync, writeSync } from 'node:fs';

const CHUNK_LENGTH = 4 * 1024 * 1024;
const FILE_HEADER_LENGTH = 24;
const RECORD_HEADER_LENGTH = 16;
const ETHERNET_LENGTH = 14;
const LONGEST_FRAME = 1514;
/** 2025-01-01T00:00:00Z. */
const EPOCH = 1_735_689_600;
const MICROSECONDS = 1_000_000;
const LINKTYPE_ETHERNET = 1;
const WINDOW = 501;
const WINDOW_SCALE = 7;
const PAYLOAD = new Uint8Array(LONGEST_FRAME).map((_, index) => 0x20 + (index % 95));
/** Second half of 2001:db8::/64, under which IPv6 hosts are numbered. */
const IPV6_PREFIX = [0x20010db8, 0];

export const FIN = 0x01;
export const SYN = 0x02;
export const PSH = 0x08;
export const ACK = 0x10;

/**
 * One segment on the wire; a cursor that its producer overwrites. Sequence numbers and addresses may be signed.
 * @typedef {object} Wire
 * @property {number} time microseconds since the beginning
 * @property {number} source 32 bits: an IPv4 address, or the end of an IPv6 one
 * @property {number} destination
 * @property {number} sourcePort
 * @property {number} destinationPort
 * @property {number} seq
 * @property {number} ack
 * @property {number} flags
 * @property {number} length of the payload
 * @property {number} id IPv4 identification
 * @property {number} mss
 * @property {number} tsVal
 * @property {number} tsEcr
 */

/**
 * Writes segments as Ethernet frames into a pcap file, in chunks. TCP checksums are left 0, as a sender's own tcpdump sees
 * them where the network card fills them in.
 */
export class PcapWriter {
  /** How many frames were written. */
  frames = 0;
  #descriptor;
  #ipVersion;
  #snapLength;
  #bytes = new Uint8Array(CHUNK_LENGTH);
  #view = new DataView(this.#bytes.buffer);
  #used = FILE_HEADER_LENGTH;

  /**
   * @param {string} path
   * @param {4 | 6} ipVersion
   * @param {number} snapLength
   */
  constructor(path, ipVersion, snapLength) {
    this.#descriptor = openSync(path, 'w');
    this.#ipVersion = ipVersion;
    this.#snapLength = snapLength;
    const view = this.#view;
    view.setUint32(0, 0xa1b2c3d4, true);
    view.setUint16(4, 2, true);
    view.setUint16(6, 4, true);
    view.setUint32(16, snapLength, true);
    view.setUint32(20, LINKTYPE_ETHERNET, true);
  }

  /** @param {Wire} wire */
  write(wire) {
    if (this.#used + RECORD_HEADER_LENGTH + LONGEST_FRAME > CHUNK_LENGTH) this.#flush();
    const record = this.#used;
    const frame = record + RECORD_HEADER_LENGTH;
    const packet = frame + ETHERNET_LENGTH;
    const optionsLength = (wire.flags & SYN) !== 0 ? 20 : 12;
    const tcpLength = 20 + optionsLength + wire.length;
    this.#ethernet(frame, wire);
    const tcp = this.#ipVersion === 4 ? this.#ipv4(packet, wire, tcpLength) : this.#ipv6(packet, wire, tcpLength);
    this.#tcp(tcp, wire, optionsLength);

    const originalLength = tcp + tcpLength - frame;
    const capturedLength = Math.min(originalLength, this.#snapLength);
    const payload = tcp + 20 + optionsLength;
    const end = frame + capturedLength;
    if (payload < end) this.#bytes.set(PAYLOAD.subarray(0, end - payload), payload);
    this.#record(record, wire.time, capturedLength, originalLength);
    this.#used = end;
    this.frames++;
  }

  close() {
    this.#flush();
    closeSync(this.#descriptor);
  }

  /**
   * @param {number} at
   * @param {number} time
   * @param {number} capturedLength
   * @param {number} originalLength
   */
  #record(at, time, capturedLength, originalLength) {
    const view = this.#view;
    const seconds = Math.floor(time / MICROSECONDS);
    view.setUint32(at, EPOCH + seconds, true);
    view.setUint32(at + 4, time - seconds * MICROSECONDS, true);
    view.setUint32(at + 8, capturedLength, true);
    view.setUint32(at + 12, originalLength, true);
  }

  /**
   * Locally administered addresses: each host has its own.
   * @param {number} at
   * @param {Wire} wire
   */
  #ethernet(at, wire) {
    const view = this.#view;
    view.setUint16(at, 0x0200);
    view.setInt32(at + 2, wire.destination);
    view.setUint16(at + 6, 0x0200);
    view.setInt32(at + 8, wire.source);
    view.setUint16(at + 12, this.#ipVersion === 4 ? 0x0800 : 0x86dd);
  }

  /**
   * @param {number} at
   * @param {Wire} wire
   * @param {number} length of what the packet carries
   */
  #ipv4(at, wire, length) {
    const view = this.#view;
    const versionAndLength = 0x4500;
    const dontFragment = 0x4000;
    const ttlAndProtocol = 0x4006;
    const { source, destination, id } = wire;
    let sum = versionAndLength + 20 + length + id + dontFragment + ttlAndProtocol;
    sum += (source >>> 16) + (source & 0xffff) + (destination >>> 16) + (destination & 0xffff);
    sum = (sum & 0xffff) + (sum >>> 16);
    sum = (sum & 0xffff) + (sum >>> 16);
    view.setUint16(at, versionAndLength);
    view.setUint16(at + 2, 20 + length);
    view.setUint16(at + 4, id);
    view.setUint16(at + 6, dontFragment);
    view.setUint16(at + 8, ttlAndProtocol);
    view.setUint16(at + 10, ~sum);
    view.setInt32(at + 12, source);
    view.setInt32(at + 16, destination);
    return at + 20;
  }

  /**
   * @param {number} at
   * @param {Wire} wire
   * @param {number} length of what the packet carries
   */
  #ipv6(at, wire, length) {
    const view = this.#view;
    view.setUint32(at, 0x60000000);
    view.setUint16(at + 4, length);
    view.setUint16(at + 6, 0x0640);
    for (const [offset, host] of [
      [8, wire.source],
      [24, wire.destination],
    ]) {
      view.setUint32(at + offset, IPV6_PREFIX[0]);
      view.setUint32(at + offset + 4, IPV6_PREFIX[1]);
      view.setUint32(at + offset + 8, 0);
      view.setInt32(at + offset + 12, host);
    }
    return at + 40;
  }

  /**
   * @param {number} at
   * @param {Wire} wire
   * @param {number} optionsLength
   */
  #tcp(at, wire, optionsLength) {
    const view = this.#view;
    const isSyn = (wire.flags & SYN) !== 0;
    view.setUint16(at, wire.sourcePort);
    view.setUint16(at + 2, wire.destinationPort);
    view.setInt32(at + 4, wire.seq);
    view.setInt32(at + 8, wire.ack);
    view.setUint16(at + 12, ((20 + optionsLength) << 10) | wire.flags);
    view.setUint16(at + 14, isSyn ? 64240 : WINDOW);
    view.setUint32(at + 16, 0);
    let option = at + 20;
    if (isSyn) {
      // The order in which Linux sends them: MSS, SACK permitted with timestamps, window scale.
      view.setUint32(option, 0x02040000 | wire.mss);
      view.setUint32(option + 4, 0x0402080a);
      view.setUint32(option + 16, 0x01030300 | WINDOW_SCALE);
      option += 8;
    } else {
      view.setUint32(option, 0x0101080a);
      option += 4;
    }
    view.setInt32(option, wire.tsVal);
    view.setInt32(option + 4, wire.tsEcr);
  }

  #flush() {
    for (let written = 0; written < this.#used; ) {
      written += writeSync(this.#descriptor, this.#bytes, written, this.#used - written);
    }
    this.#used = 0;
  }
}
