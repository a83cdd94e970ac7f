import type { Time } from '../../../connection/model.js';
import { ACK, FIN, RST, type Segment, SYN } from '../../../decode/segment.js';
import { type ConnState, connState } from './conn-state.js';
import { seqDelta, ZeekEndpoint } from './endpoint.js';
import { isLikelyServerPort } from './likely-server-ports.js';
import { advanceState } from './state-machine.js';

/** Numbers of SYN and RST further off than this are not believed. */
const TOO_LARGE_SEQ_DELTA = 1_048_576;

/** What conn.log says of a connection. `originator` is the direction of the flow's key that Zeek takes for it. */
export interface ZeekConn {
  readonly originator: number;
  readonly start: Time;
  /** From the first packet to the last one before both ends had closed. */
  readonly duration: Time;
  readonly connState: ConnState;
  readonly history: string;
  readonly missedBytes: number;
  readonly originatorBytes: number;
  readonly responderBytes: number;
  readonly originatorPackets: number;
  readonly responderPackets: number;
  readonly originatorIpBytes: number;
  readonly responderIpBytes: number;
}

/**
 * One connection as Zeek would see it, segment by segment: packet_analysis/protocol/tcp/TCPSessionAdapter.cc in its order,
 * without the timers that would end it early, and with checksums taken for right (`zeek -C`).
 */
export class ZeekConnection {
  orig: ZeekEndpoint;
  resp: ZeekEndpoint;
  history = '';
  readonly #ends: readonly [ZeekEndpoint, ZeekEndpoint];
  readonly #start: Time;
  #last: Time;
  #missedBytes = 0;
  #isPartial = false;
  readonly #seen = new Set<ZeekEndpoint>();
  #closeDeferred = false;

  /** @param direction of the first segment */
  constructor(first: Segment, direction: number, time: Time) {
    this.#ends = [new ZeekEndpoint(), new ZeekEndpoint()];
    this.orig = this.#ends[direction];
    this.resp = this.#ends[1 - direction];
    this.#start = time;
    this.#last = time;
    if (isMetInMidLife(first) && looksLikeAnswer(first)) this.flip();
  }

  /** The roles were the wrong way round. */
  flip(): void {
    [this.orig, this.resp] = [this.resp, this.orig];
    this.history += '^';
    this.#isPartial = false;
  }

  /** The peer has been seen to answer: no guess any more. */
  becomeWhole(endpoint: ZeekEndpoint): void {
    this.#isPartial = false;
    this.#seen.add(endpoint);
  }

  /**
   * @param ipBytes total length of the IP packet
   * @param isCut the payload was not captured to its end
   */
  segment(s: Segment, direction: number, time: Time, ipBytes: number, isCut: boolean): void {
    const endpoint = this.#ends[direction];
    const peer = this.#ends[1 - direction];
    const isSyn = (s.flags & SYN) !== 0;
    const isRst = (s.flags & RST) !== 0;
    if (this.history === 'H' && (s.flags & (SYN | FIN | RST)) === 0) this.#flipAfterSynAck();
    endpoint.packets++;
    endpoint.ipBytes += ipBytes;

    this.#notePartial(s, endpoint);
    const occupied = (isRst ? 0 : s.length) + (isSyn ? 1 : 0) + ((s.flags & FIN) !== 0 ? 1 : 0);
    const onePast = (s.seq + occupied) >>> 0;
    initEndpoint(endpoint, isSyn, s.seq >>> 0, onePast);
    const seq = endpoint.relative(s.seq >>> 0, endpoint.lastSeq, endpoint.seqWraps);
    this.#noteLetters(s, endpoint, seq);
    if (s.window === 0 && !isRst && peer.state !== 'CLOSED' && endpoint.state !== 'RESET') {
      if (endpoint.zeroWindows.next()) this.#write(endpoint, 'W');
    }
    if (!this.orig.didClose || !this.resp.didClose) this.#last = time;
    if ((s.flags & FIN) !== 0) {
      endpoint.fins++;
      endpoint.finSeq = seq + occupied;
    }
    const ack = (s.flags & ACK) === 0 ? null : takeAck(peer, s.ack >>> 0, isRst);
    this.#advanceLastSeq(endpoint, onePast, s);
    const closes = advanceState(this, endpoint, peer, s);
    if (ack !== null) this.#acknowledge(peer, endpoint, ack);
    if (s.length > 0 && !isRst && seq >= 0 && !isCut) addData(endpoint, isSyn ? seq + 1 : seq, s.length);
    this.#checkEof(endpoint, peer);
    this.#seen.add(endpoint);
    if (closes) this.#close(endpoint, peer);
  }

  result(): ZeekConn {
    const { orig, resp, history } = this;
    const originatorBytes = orig.size(resp);
    const responderBytes = resp.size(orig);
    return {
      originator: orig === this.#ends[0] ? 0 : 1,
      start: this.#start,
      duration: this.#last - this.#start,
      connState: connState(orig.state, resp.state, history, originatorBytes, responderBytes),
      history,
      missedBytes: this.#missedBytes,
      originatorBytes,
      responderBytes,
      originatorPackets: orig.packets,
      responderPackets: resp.packets,
      originatorIpBytes: orig.ipBytes,
      responderIpBytes: resp.ipBytes,
    };
  }

  /** It began with a SYN+ACK, and goes on: the responder's, then, whose SYN was missed. */
  #flipAfterSynAck(): void {
    this.history = '';
    this.flip();
    this.history += 'h';
    this.resp.setState('ESTABLISHED');
  }

  #notePartial({ flags }: Segment, endpoint: ZeekEndpoint): void {
    if (this.#seen.has(endpoint)) return;
    if (endpoint === this.orig) this.#isPartial = (flags & SYN) === 0 || (flags & ACK) !== 0;
    else if (!this.#isPartial) this.#isPartial = (flags & SYN) === 0;
  }

  #noteLetters(s: Segment, endpoint: ZeekEndpoint, seq: number): void {
    const control = s.flags & (SYN | FIN | RST);
    if (control === 0) {
      if (s.length > 0) this.#writeOnce(endpoint, 'D');
      else if ((s.flags & ACK) !== 0) this.#writeOnce(endpoint, 'A');
    } else if (control === SYN) {
      this.#writeAnew(endpoint, (s.flags & ACK) !== 0 ? 'H' : 'S', 'SYN', seq !== endpoint.lastSyn);
      endpoint.lastSyn = seq;
    } else if (control === FIN) {
      this.#writeAnew(endpoint, 'F', 'FIN', seq + s.length !== endpoint.lastFin);
      endpoint.lastFin = seq + s.length;
    } else if (control === RST) {
      this.#writeAnew(endpoint, 'R', 'RST', seq !== endpoint.lastRst);
      endpoint.lastRst = seq;
    } else {
      this.#writeOnce(endpoint, (control & (FIN | RST)) === (FIN | RST) ? 'I' : 'Q');
    }
  }

  #writeOnce(endpoint: ZeekEndpoint, letter: string): void {
    if (!endpoint.letters.has(letter)) this.#write(endpoint, letter);
    endpoint.letters.add(letter);
  }

  /** The first of its kind, or one with another sequence number than the last. */
  #writeAnew(endpoint: ZeekEndpoint, letter: string, kind: string, isAnother: boolean): void {
    if (!endpoint.letters.has(kind) || isAnother) this.#write(endpoint, letter);
    endpoint.letters.add(kind);
  }

  #write(endpoint: ZeekEndpoint, letter: string): void {
    this.history += endpoint === this.orig ? letter : letter.toLowerCase();
  }

  #advanceLastSeq(endpoint: ZeekEndpoint, onePast: number, { flags, length }: Segment): void {
    const delta = seqDelta(onePast, endpoint.lastSeq);
    if ((flags & (SYN | RST)) !== 0 && Math.abs(delta) > TOO_LARGE_SEQ_DELTA) return;
    const onlySyn = endpoint.lastSeq === (endpoint.startSeq + 1) >>> 0;
    if ((flags & FIN) !== 0 && onlySyn) endpoint.updateLastSeq(onePast);
    else if (endpoint.state === 'RESET') return;
    else if (delta > 0) endpoint.updateLastSeq(onePast);
    else if (length > 0 && endpoint.retransmissions.next()) this.#write(endpoint, 'T');
  }

  #acknowledge(sender: ZeekEndpoint, receiver: ZeekEndpoint, ack: number): void {
    const bound = sender.fins > 0 && ack >= sender.finSeq ? sender.finSeq - 1 : ack;
    for (const gap of sender.stream.acknowledge(bound, bound <= 2 && this.#isPartial)) {
      if (!sender.isClean || !receiver.isClean) continue;
      if (sender.gaps.next()) this.#write(sender, 'G');
      this.#missedBytes += gap;
    }
    this.#checkEof(sender, receiver);
  }

  #checkEof(endpoint: ZeekEndpoint, peer: ZeekEndpoint): void {
    const isOver = endpoint.fins > 0 || endpoint.state === 'CLOSED' || endpoint.state === 'RESET';
    if (endpoint.didEof || !isOver || isDataPending(endpoint, peer)) return;
    endpoint.didEof = true;
    if (!this.#closeDeferred) return;
    this.#close(endpoint, peer);
    this.#closeDeferred = false;
  }

  #close(endpoint: ZeekEndpoint, peer: ZeekEndpoint): void {
    this.#closeDeferred = isDataPending(endpoint, peer);
    if (!this.#closeDeferred) endpoint.didClose = true;
  }
}

const isMetInMidLife = ({ flags }: Segment): boolean => (flags & SYN) === 0 || (flags & ACK) !== 0;

/** TCPAnalyzer::WantConnection: a likely server's port sent the first packet. */
function looksLikeAnswer({ flags, sourcePort, destinationPort }: Segment): boolean {
  if (!isLikelyServerPort(sourcePort)) return false;
  return !isLikelyServerPort(destinationPort) || ((flags & SYN) === 0 && sourcePort < destinationPort);
}

function initEndpoint(endpoint: ZeekEndpoint, isSyn: boolean, seq: number, onePast: number): void {
  switch (endpoint.state) {
    case 'INACTIVE':
      // As though there had been a SYN, so that the first byte is number 1.
      if (isSyn) endpoint.initSeq(seq, onePast);
      else endpoint.initSeq(seq - 1, seq);
      break;
    case 'SYN_SENT':
    case 'SYN_ACK_SENT':
      if (isSyn && seq !== endpoint.startSeq) endpoint.initSeq(seq, onePast);
      break;
    case 'ESTABLISHED':
    case 'PARTIAL':
      if (isSyn) endpoint.initSeq(seq, onePast);
      break;
    case 'RESET':
      if (isSyn && endpoint.previous === 'INACTIVE') endpoint.initSeq(seq, onePast);
      break;
  }
}

/** @returns what is acknowledged, relative; 0 where it lies below the start */
function takeAck(peer: ZeekEndpoint, ack: number, isRst: boolean): number {
  if (peer.state === 'INACTIVE') {
    peer.initSeq(ack - 1, ack - 1);
    return 1;
  }
  const relative = peer.relative(ack, peer.ackSeq, peer.ackWraps);
  if (relative < 0) return 0;
  const delta = seqDelta(ack, peer.ackSeq);
  const isBroken = ack === 0 && delta > TOO_LARGE_SEQ_DELTA;
  if (!isRst && !isBroken && delta > 0) peer.updateAckSeq(ack);
  return relative;
}

function addData(endpoint: ZeekEndpoint, seq: number, length: number): void {
  const fresh = Math.max(seq, endpoint.relativeAck);
  if (seq + length > fresh) endpoint.stream.add(fresh, seq + length - fresh);
}

function isDataPending(endpoint: ZeekEndpoint, peer: ZeekEndpoint): boolean {
  const last = endpoint.relativeLast;
  const { delivered } = endpoint.stream;
  if (last < delivered) return false;
  if (delivered !== last - 1 && delivered !== last) return true;
  return endpoint.state !== 'RESET' && peer.stream.hasBlocks;
}
