/** Bytes from a datagram's beginning that are kept: more than the headers of a tunnel and of the TCP inside it take. */
const KEPT = 512;
/** Datagrams that may wait for fragments at a time; the oldest gives way. */
const MOST_DATAGRAMS = 2048;
/** Stretches that a datagram may be in; more are an attack. */
const MOST_STRETCHES = 64;
/** What Linux waits (net.ipv4.ipfrag_time), on the capture's clock. */
const PATIENCE_SECONDS = 30;
const LARGEST_DATAGRAM = 65_535;

/** A datagram of which every fragment was seen. */
export interface Reassembled {
  /** Its first bytes: all, or as many as headers may take. */
  readonly view: DataView;
  /** Of all its bytes. */
  readonly length: number;
}

/** What became of packets in fragments. */
export interface FragmentCounts {
  /** Packets of which a fragment was seen. */
  packets: number;
  /** Those of which all were seen, in time and while there was room to wait for them. */
  reassembled: number;
  /** Fragments that overlap what came before them: the first copy of each byte was taken. */
  overlapping: number;
}

/**
 * Puts the fragments of IP packets together (RFC 791, section 3.2; RFC 8200, section 4.5), in bounded memory and for a
 * bounded time: of a packet it keeps which bytes were seen, and the first ones. Where fragments overlap, the first copy wins.
 */
export class Reassembly {
  /** In the order in which their first fragments came. */
  readonly #datagrams = new Map<string, Datagram>();

  /**
   * Takes a fragment.
   *
   * @param key that all fragments of the packet share, and no other packet at the time
   * @param seconds time of capture
   * @param view holds the fragment's payload: [start, start + length)
   * @param offset of the fragment in its packet, in bytes
   * @param length bytes of the fragment's payload
   * @param more whether others follow it in the packet
   * @param counts are kept up to date
   * @returns the packet where this was its last missing fragment, else null
   */
  add(
    key: string,
    seconds: number,
    view: DataView,
    start: number,
    offset: number,
    length: number,
    more: boolean,
    counts: FragmentCounts,
  ): Reassembled | null {
    this.#expire(seconds);
    if (length <= 0 || offset + length > LARGEST_DATAGRAM) return null;
    let datagram = this.#datagrams.get(key);
    if (datagram === undefined) {
      if (this.#datagrams.size === MOST_DATAGRAMS) this.#abandonOldest();
      datagram = new Datagram(seconds);
      counts.packets++;
      this.#datagrams.set(key, datagram);
    }
    if (datagram.cover(offset, offset + length)) counts.overlapping++;
    if (!more && datagram.length < 0) datagram.length = offset + length;
    datagram.keep(view, start, length, offset);
    if (datagram.stretches > MOST_STRETCHES) this.#datagrams.delete(key);
    if (!datagram.isComplete) return null;
    this.#datagrams.delete(key);
    counts.reassembled++;
    return { view: datagram.beginning(), length: datagram.length };
  }

  #expire(seconds: number): void {
    for (const { since } of this.#datagrams.values()) {
      if (Math.abs(seconds - since) <= PATIENCE_SECONDS) return;
      this.#abandonOldest();
    }
  }

  #abandonOldest(): void {
    for (const key of this.#datagrams.keys()) {
      this.#datagrams.delete(key);
      return;
    }
  }
}

/** What is known of one packet's payload. */
class Datagram {
  /** By the last fragment; -1 before it came. */
  length = -1;
  /** Ascending edges of the stretches that were seen: [from, to), alternating. */
  #edges: number[] = [];
  readonly #bytes = new Uint8Array(KEPT);
  /** Which of them were seen. */
  readonly #isKept = new Uint8Array(KEPT);

  constructor(readonly since: number) {}

  get stretches(): number {
    return this.#edges.length / 2;
  }

  get isComplete(): boolean {
    return this.length >= 0 && this.#edges[0] === 0 && this.#edges[1] >= this.length;
  }

  /** Notes that [from, to) was seen. Returns whether some of it had been before. */
  cover(from: number, to: number): boolean {
    let [left, right] = [from, to];
    let overlaps = false;
    const edges: number[] = [];
    for (let i = 0; i < this.#edges.length; i += 2) {
      const [begin, end] = [this.#edges[i], this.#edges[i + 1]];
      if (end < left || begin > right) {
        edges.push(begin, end);
        continue;
      }
      if (end > from && begin < to) overlaps = true;
      left = Math.min(left, begin);
      right = Math.max(right, end);
    }
    let at = 0;
    while (at < edges.length && edges[at] < left) at += 2;
    edges.splice(at, 0, left, right);
    this.#edges = edges;
    return overlaps;
  }

  keep(view: DataView, start: number, length: number, offset: number): void {
    const end = Math.min(offset + length, KEPT);
    for (let at = offset; at < end; at++) {
      if (this.#isKept[at] === 1) continue;
      this.#isKept[at] = 1;
      this.#bytes[at] = view.getUint8(start + at - offset);
    }
  }

  beginning(): DataView {
    return new DataView(this.#bytes.buffer, 0, Math.min(KEPT, this.length));
  }
}
