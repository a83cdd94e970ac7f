import { formatAddress } from '../../decode/address.js';
import * as deferred from '../../fast-path/layout.js';
import { type DeferredCopies, type DeferringSource, isCopied } from '../deferred-copies.js';
import type { Distances } from '../distances.js';
import { BIT, F, type FlowRecords, I, STRIDE } from '../flow-record.js';
import type { Endpoint, Tap, Time } from '../model.js';
import type { Patience } from '../patience.js';
import type { HostProfile } from '../profile.js';
import type { Side, TcpState } from '../state.js';
import { SECOND } from '../time.js';
import { hostKey } from './history.js';
import { tapOf } from './tap.js';
import { goneBy } from './timers.js';

/** Where a record has what tells the flow's end. The fields that are not named here stand where `I` and `F` have them. */
interface EndFields {
  readonly number: number;
  /** By the opener's direction. */
  readonly synTsVal: readonly [number, number];
  readonly upperA: number;
  readonly upperB: number;
  readonly start: number;
  readonly synAck: number;
  readonly ack: number;
  readonly fin: number;
  readonly secondFin: number;
}

/** Of flows that are followed in full. */
const FOLLOWED: EndFields = {
  number: I.number,
  synTsVal: [I.synTsVal, I.synTsVal + 1],
  upperA: I.upperA,
  upperB: I.upperB,
  start: F.start,
  synAck: F.synAck,
  ack: F.ack,
  fin: F.fin,
  secondFin: F.secondFin,
};

const DEFERRED: EndFields = {
  number: deferred.NUMBER,
  synTsVal: [deferred.SYN_TS_VAL, deferred.SYN_TS_VAL],
  upperA: deferred.UPPER,
  upperB: deferred.UPPER + 3,
  start: deferred.START,
  synAck: deferred.SYN_ACK_TIME,
  ack: deferred.ACK_TIME,
  fin: deferred.FIN_TIME,
  secondFin: deferred.SECOND_FIN_TIME,
};

/** How such a connection may have ended: which end closed it, if one has, and whether that one's TIME_WAIT is over. */
export const ORDINARY_OUTCOMES: readonly {
  readonly closer: Side | null;
  readonly clientState: TcpState;
  readonly serverState: TcpState;
}[] = [
  { closer: null, clientState: 'ESTABLISHED', serverState: 'ESTABLISHED' },
  { closer: 'client', clientState: 'TIME_WAIT', serverState: 'CLOSED' },
  { closer: 'client', clientState: 'CLOSED', serverState: 'CLOSED' },
  { closer: 'server', clientState: 'CLOSED', serverState: 'TIME_WAIT' },
  { closer: 'server', clientState: 'CLOSED', serverState: 'CLOSED' },
];
/** Of those that this end has closed, the first one. */
const CLOSED_BY_CLIENT = 1;
const CLOSED_BY_SERVER = 3;

/**
 * The end of a connection in which nothing happened but opening, exchange and close. One object, overwritten by the next
 * call of `read`.
 */
export class OrdinaryEnd {
  flow = 0;
  /** Where the flow stands in `source`, until the next segment is taken; -1 where it is deferred. */
  record = 0;
  start: Time = 0;
  followedUntil: Time = 0;
  /** Index of ORDINARY_OUTCOMES. */
  outcome = 0;
  tap: Tap = 'unknown';
  /** From the tap to each end and back. */
  clientRoundTrip: Time = 0;
  serverRoundTrip: Time = 0;
  /** When the client's end was gone, or up to when it was followed. */
  clientUntil: Time = 0;
  timeWaitFrom: Time = 0;
  timeWaitUntil: Time = 0;
  /** TSval of the client's SYN; -1 without timestamps. */
  synTsVal = -1;
  /** Of one that is told: how many such connections were told of each host, this one included; 0 where that is not known. */
  clientSound = 0;
  serverSound = 0;

  #words: Int32Array = new Int32Array(0);
  #at = 0;
  #fields = FOLLOWED;
  #client = 0;
  /** Which of the deferred flows it is; -1 where it is none. */
  #deferred = -1;
  /** Addresses that were asked for. */
  #clientAddress: string | null = null;
  #serverAddress: string | null = null;

  constructor(
    readonly source: DeferringSource,
    readonly profiles: Readonly<Record<Side, HostProfile>>,
    readonly patience: Omit<Patience, 'silence'>,
  ) {}

  /**
   * Reads a flow's end straight from its record, since most connections are like that: the whole post-mortem takes many
   * times as long and says the same (test/end-to-end.test.ts holds one to the other).
   * @returns false where only the whole post-mortem can tell
   */
  read(flow: number, followedUntil: Time): boolean {
    const { table } = this.source;
    this.record = flow;
    this.#deferred = -1;
    this.followedUntil = followedUntil;
    return this.#read(table, flow * STRIDE, FOLLOWED, table.i32[flow * STRIDE + I.closer]);
  }

  /** The same of a flow that is deferred: its record begins at a word of `records`. */
  readDeferred(flow: number, records: FlowRecords, at: number, followedUntil: Time): boolean {
    const bits = records.i32[at + I.bits];
    const closer = (bits & deferred.CLOSED_BY_B) !== 0 ? 1 : 0;
    this.record = -1;
    this.#deferred = flow;
    this.followedUntil = followedUntil;
    return this.#read(records, at, DEFERRED, (bits & (3 * BIT.fin)) === 0 ? -1 : closer);
  }

  /** @param closer direction of the first FIN; -1 before it */
  #read({ i32, f64 }: FlowRecords, at: number, fields: EndFields, closer: number): boolean {
    const { followedUntil } = this;
    const at64 = at / 2;
    const bits = i32[at + I.bits];
    const bothIsns = (bits & (3 * BIT.isn)) === 3 * BIT.isn;
    if ((bits & BIT.incident) !== 0 || !bothIsns || (bits & BIT.synchronized) === 0) return false;
    const start = f64[at64 + fields.start];
    const synAck = f64[at64 + fields.synAck];
    const ack = f64[at64 + fields.ack];
    if (!(synAck >= start && ack >= synAck) || ack - start >= this.patience.handshake) return false;
    const client = (bits & BIT.openedByB) !== 0 ? 1 : 0;
    this.#words = i32;
    this.#at = at;
    this.#fields = fields;
    this.#client = client;
    this.#clientAddress = null;
    this.#serverAddress = null;
    this.flow = i32[at + fields.number];
    this.start = start;
    this.clientRoundTrip = ack - synAck;
    this.serverRoundTrip = synAck - start;
    this.tap = tapOf(this.clientRoundTrip, this.serverRoundTrip);
    this.synTsVal = (bits & (BIT.synTimestamps << client)) !== 0 ? i32[at + fields.synTsVal[client]] >>> 0 : -1;
    if (closer < 0) {
      this.outcome = 0;
      this.clientUntil = followedUntil;
      return true;
    }
    if ((bits & (3 * BIT.fin)) !== 3 * BIT.fin) return false;
    const bothClosed = i32[at + I.acked] === i32[at + I.next + 1] && i32[at + I.acked + 1] === i32[at + I.next];
    const secondFin = f64[at64 + fields.secondFin];
    // Without incident, the ACK of the second FIN is the last segment.
    const lastAck = f64[at64 + F.last];
    if (!bothClosed) return false;
    if (secondFin - f64[at64 + fields.fin] >= this.patience.closeWait) return false;
    const isByClient = closer === client;
    const duration = (isByClient ? this.profiles.client : this.profiles.server).timeWait * SECOND;
    const over = goneBy(lastAck, duration) <= followedUntil;
    this.outcome = (isByClient ? CLOSED_BY_CLIENT : CLOSED_BY_SERVER) + (over ? 1 : 0);
    this.timeWaitFrom = secondFin;
    this.timeWaitUntil = over ? secondFin + duration : followedUntil;
    this.clientUntil = isByClient ? this.timeWaitUntil : lastAck;
    return true;
  }

  /** Whether its history can be read from a copy. */
  get isCopied(): boolean {
    return this.#deferred >= 0 && isCopied(this.#words, this.#at);
  }

  /** Copies what that is read from (deferred-history.ts). @returns how many were copied before it */
  copyTo(copies: DeferredCopies): number {
    return this.source.copyDeferred(this.#deferred, copies);
  }

  /** The end that closed first; null where none has. */
  get closer(): Side | null {
    return ORDINARY_OUTCOMES[this.outcome].closer;
  }

  get clientState(): TcpState {
    return ORDINARY_OUTCOMES[this.outcome].clientState;
  }

  get serverState(): TcpState {
    return ORDINARY_OUTCOMES[this.outcome].serverState;
  }

  /** @param isTold whether somebody will be told of it: only those are counted */
  noteDistances(distances: Distances, isTold: boolean): void {
    const network = this.record < 0 ? null : this.source.table.networkOf(this.record);
    const client = hostKey(network, this.addressKey('client'));
    const server = hostKey(network, this.addressKey('server'));
    if (isTold) {
      this.clientSound = distances.noteSound(client, this.clientRoundTrip);
      this.serverSound = distances.noteSound(server, this.serverRoundTrip);
    } else {
      distances.note(client, this.clientRoundTrip);
      distances.note(server, this.serverRoundTrip);
    }
  }

  /** A signed word for one end's IPv4 address, or its text for IPv6: cheap to count by, since V8 keeps 32 bits in the pointer. */
  addressKey(side: Side): number | string {
    if ((this.#words[this.#at + I.bits] & BIT.ipv6) !== 0) return this.address(side);
    return this.#words[this.#at + this.#low(side)];
  }

  address(side: Side): string {
    if (side === 'client') {
      this.#clientAddress ??= this.#format(side);
      return this.#clientAddress;
    }
    this.#serverAddress ??= this.#format(side);
    return this.#serverAddress;
  }

  #format(side: Side): string {
    const words = this.#words;
    const low = this.#low(side);
    const upper = this.#at + (low === I.lowA ? this.#fields.upperA : this.#fields.upperB);
    const version = (words[this.#at + I.bits] & BIT.ipv6) !== 0 ? 6 : 4;
    return formatAddress(version, words[upper], words[upper + 1], words[upper + 2], words[this.#at + low]);
  }

  serverPort(): number {
    return this.#port(1 - this.#client);
  }

  get client(): Endpoint {
    return { address: this.address('client'), port: this.#port(this.#client) };
  }

  get server(): Endpoint {
    return { address: this.address('server'), port: this.serverPort() };
  }

  #port(direction: number): number {
    const ports = this.#words[this.#at + I.ports];
    return direction === 0 ? ports >>> 16 : ports & 0xffff;
  }

  #low(side: Side): number {
    return (side === 'client') === (this.#client === 0) ? I.lowA : I.lowB;
  }
}
