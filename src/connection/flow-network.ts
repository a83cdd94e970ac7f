import { type Segment, Tunnel } from '../decode/segment.js';

/** What joins a flow's key on request, beside addresses and ports. */
export type KeyPart = 'vlan' | 'tunnel';

/** The network that a flow was seen in, as far as its key tells. */
export interface FlowNetwork {
  /** Identifiers of the first two VLAN tags, the outer one first; empty without a tag. */
  readonly vlan?: readonly number[];
  /** The innermost tunnel, null without one. The identifier is null where the tunnel has none, or one for each direction. */
  readonly tunnel?: { readonly kind: string; readonly id: number | null } | null;
}

const KINDS: Readonly<Record<number, string>> = {
  [Tunnel.PPPOE]: 'PPPoE',
  [Tunnel.IP]: 'IP',
  [Tunnel.GRE]: 'GRE',
  [Tunnel.ETHER_IP]: 'EtherIP',
  [Tunnel.VXLAN]: 'VXLAN',
  [Tunnel.GENEVE]: 'Geneve',
  [Tunnel.GTP_U]: 'GTP-U',
  [Tunnel.L2TP]: 'L2TP',
  [Tunnel.TEREDO]: 'Teredo',
  [Tunnel.MPLS]: 'MPLS',
  [Tunnel.LISP]: 'LISP',
  [Tunnel.TZSP]: 'TZSP',
  [Tunnel.PROVIDER_BACKBONE]: '802.1ah',
  [Tunnel.AYIYA]: 'AYIYA',
};

/** Each end of these gives the identifier that it wants to be sent: both directions would be flows of their own. */
const ONE_WAY: ReadonlySet<number> = new Set([Tunnel.GTP_U, Tunnel.L2TP]);

/** Words of a record: VLAN tags, 1 + the kind of the tunnel, its identifier. */
const WORDS = 3;
const NO_TAG = 0xffff;

/** The networks of the flows of a table, by record: part of the key where that was asked for. */
export class FlowNetworks {
  #words: Int32Array;
  #vlan = 0;
  #tunnel = 0;
  #tunnelId = 0;

  constructor(
    private readonly parts: ReadonlySet<KeyPart>,
    capacity: number,
  ) {
    this.#words = new Int32Array(capacity * WORDS);
  }

  /** Takes a segment's network for the methods below. */
  take(s: Segment): void {
    if (this.parts.has('vlan')) this.#vlan = (s.vlan << 16) | (s.innerVlan & NO_TAG);
    if (this.parts.has('tunnel')) {
      this.#tunnel = s.tunnel;
      this.#tunnelId = ONE_WAY.has(s.tunnel) ? -1 : s.tunnelId | 0;
    }
  }

  holds(flow: number): boolean {
    const words = this.#words;
    const at = flow * WORDS;
    return words[at] === this.#vlan && words[at + 1] === this.#tunnel && words[at + 2] === this.#tunnelId;
  }

  put(flow: number): void {
    this.#words.set([this.#vlan, this.#tunnel, this.#tunnelId], flow * WORDS);
  }

  /** A number for the network that was taken. */
  get hash(): number {
    return hashOf(this.#vlan, this.#tunnel, this.#tunnelId);
  }

  /** The same for that of a flow. */
  hashOf(flow: number): number {
    const at = flow * WORDS;
    return hashOf(this.#words[at], this.#words[at + 1], this.#words[at + 2]);
  }

  grow(capacity: number): void {
    const words = new Int32Array(capacity * WORDS);
    words.set(this.#words);
    this.#words = words;
  }

  of(flow: number): FlowNetwork {
    const [tags, kind, id] = this.#words.subarray(flow * WORDS, (flow + 1) * WORDS);
    const vlan = [tags >>> 16, tags & NO_TAG].filter((tag) => tag !== NO_TAG);
    const tunnel = kind === Tunnel.NONE ? null : { kind: KINDS[kind] ?? 'unknown', id: id === -1 ? null : id >>> 0 };
    return { ...(this.parts.has('vlan') && { vlan }), ...(this.parts.has('tunnel') && { tunnel }) };
  }
}

function hashOf(vlan: number, tunnel: number, id: number): number {
  return Math.imul(Math.imul(vlan ^ (tunnel << 12), 0x9e3779b1) ^ id, 0x85ebca6b);
}
