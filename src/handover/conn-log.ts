import type { Frame } from '../capture/frame.js';
import type { Endpoint, Time } from '../connection/model.js';
import { formatAddress } from '../decode/address.js';
import type { Segment } from '../decode/segment.js';
import type { CaptureSummary } from '../findings/analysis.js';
import { observeFlows } from '../flows.js';
import type { FrameObserver } from '../follower.js';
import type { Membership } from '../membership.js';
import type { Options } from '../options.js';
import type { ZeekFlow } from '../report/export/zeek/conn-log.js';
import { ZeekConnection } from '../report/export/zeek/connection.js';
import { ipLengthOf } from './packet-layout.js';

/** Connections with what Zeek would say of them; `captures` is complete when the iteration is done. */
export interface ZeekFlowStream extends AsyncIterable<ZeekFlow> {
  readonly captures: readonly CaptureSummary[];
}

/**
 * As `flows`, each with the entry that Zeek's conn.log would have: Zeek's own states are followed segment by segment beside
 * lastack's, in one reading.
 * @throws FilterError, SysctlError (at once)
 */
export function zeekFlows(captures: string | readonly string[], options: Options = {}): ZeekFlowStream {
  const zeek = new Zeek();
  const stream = observeFlows(captures, { ...options, detail: 'summary' }, zeek);
  async function* iterate(): AsyncGenerator<ZeekFlow> {
    for await (const flow of stream) {
      const followed = zeek.take(flow.flow);
      if (followed === undefined) continue;
      const conn = followed.connection.result();
      const { ends } = followed;
      yield { flow, conn, originator: ends[conn.originator], responder: ends[1 - conn.originator] };
    }
  }
  return { captures: stream.captures, [Symbol.asyncIterator]: iterate };
}

interface Followed {
  readonly connection: ZeekConnection;
  /** By direction of the flow's key. */
  readonly ends: readonly [Endpoint, Endpoint];
}

class Zeek implements FrameObserver {
  readonly wantsFlows = true;
  /** Those alive, and those whose flow is on its way out. */
  readonly #followed = new Map<number, Followed>();

  frame(frame: Frame, _number: number, flow: number, { direction }: Membership, segment: Segment, time: Time): void {
    // Zeek has connections of their own for ICMP errors.
    if (flow === 0 || segment.icmpType >= 0) return;
    let followed = this.#followed.get(flow);
    if (followed === undefined) {
      const connection = new ZeekConnection(segment, direction, time);
      const ends = [sourceOf(segment), destinationOf(segment)] as const;
      followed = { connection, ends: direction === 0 ? ends : [ends[1], ends[0]] };
      this.#followed.set(flow, followed);
    }
    const isCut = frame.capturedLength < frame.originalLength;
    followed.connection.segment(segment, direction, time, ipLengthOf(frame), isCut);
  }

  end(flow: number, selected: boolean): void {
    if (!selected) this.#followed.delete(flow);
  }

  take(flow: number): Followed | undefined {
    const followed = this.#followed.get(flow);
    this.#followed.delete(flow);
    return followed;
  }
}

const sourceOf = (s: Segment): Endpoint => ({
  address: formatAddress(s.ipVersion, s.source0, s.source1, s.source2, s.source3),
  port: s.sourcePort,
});

const destinationOf = (s: Segment): Endpoint => ({
  address: formatAddress(s.ipVersion, s.destination0, s.destination1, s.destination2, s.destination3),
  port: s.destinationPort,
});
