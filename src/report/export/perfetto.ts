import type { LoggedSegment, Time } from '../../connection/model.js';
import { otherSide, type Side } from '../../connection/state.js';
import type { Flow } from '../../findings/finding.js';
import { communityId } from '../community-id.js';
import { endpointText } from '../flow-text.js';
import { SegmentLabels } from '../segment-label.js';

/** An event of Chrome's Trace Event format. Times are microseconds. */
export interface TraceEvent {
  /** M metadata, X complete, i instant, s and f begin and end of an arrow. */
  readonly ph: 'M' | 'X' | 'i' | 's' | 'f';
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  readonly cat?: string;
  readonly ts?: number;
  readonly dur?: number;
  readonly id?: string;
  /** An arrow ends in the slice that lasts at its time. */
  readonly bp?: 'e';
  /** An instant is drawn over its thread, or over its process. */
  readonly s?: 't' | 'p';
  readonly args?: Readonly<Record<string, unknown>>;
}

const THREAD: Readonly<Record<Side, number>> = { client: 1, server: 2 };
const SIDES: readonly Side[] = ['client', 'server'];
/** Columns of a segment's label. */
const LABEL_WIDTH = 72;

/**
 * A connection as a process of a trace, which ui.perfetto.dev opens: a thread for each end, whose states are complete events
 * one after the other, without a gap; segments are arrows from thread to thread, findings are instants.
 *
 * @param epochSeconds what times count from: the clock of the trace's first connection
 */
export function traceEvents(flow: Flow, epochSeconds: number): TraceEvent[] {
  return new FlowTrace(flow, epochSeconds).events();
}

class FlowTrace {
  readonly #flow: Flow;
  readonly #offset: Time;
  readonly #labels: SegmentLabels;
  readonly #arrows: readonly Arrow[];
  /** What both lanes cover. */
  #start: Time;
  #end: Time;

  constructor(flow: Flow, epochSeconds: number) {
    this.#flow = flow;
    this.#offset = (flow.clock.epochSeconds - epochSeconds) * 1e9;
    this.#labels = new SegmentLabels(flow);
    this.#arrows = flow.segments.filter(({ run }) => run === null).map((segment) => arrowOf(flow, segment));
    this.#start = flow.start;
    this.#end = Math.max(flow.end, flow.followedUntil);
    for (const { at } of flow.timeline) this.#extend(at);
    for (const { sent, arrived } of this.#arrows) {
      this.#extend(sent);
      this.#extend(arrived);
    }
  }

  events(): TraceEvent[] {
    return [
      ...this.#names(),
      ...SIDES.flatMap((side) => this.#states(side)),
      ...this.#arrows.flatMap((arrow) => this.#arrow(arrow)),
      ...this.#flow.findings.map((finding) => this.#finding(finding)),
    ];
  }

  #extend(time: Time): void {
    this.#start = Math.min(this.#start, time);
    this.#end = Math.max(this.#end, time);
  }

  *#names(): Iterable<TraceEvent> {
    const { flow, client, server, capture, tcpStream } = this.#flow;
    const name = `flow ${flow}: ${endpointText(client)} → ${endpointText(server)}`;
    const labels = { capture, tcpStream, communityId: communityId(client, server) };
    yield { ph: 'M', name: 'process_name', pid: flow, tid: 0, args: { name } };
    yield { ph: 'M', name: 'process_labels', pid: flow, tid: 0, args: { labels: JSON.stringify(labels) } };
    for (const side of SIDES) {
      const args = { name: `${side} ${endpointText(this.#flow[side])}` };
      yield { ph: 'M', name: 'thread_name', pid: flow, tid: THREAD[side], args };
      yield { ph: 'M', name: 'thread_sort_index', pid: flow, tid: THREAD[side], args: { sort_index: THREAD[side] } };
    }
  }

  #states(side: Side): TraceEvent[] {
    const { flow, timeline, clientState, serverState } = this.#flow;
    const changes = timeline.filter(({ endpoint }) => endpoint === side);
    const initial = changes.length === 0 ? (side === 'client' ? clientState : serverState) : changes[0].from;
    const intervals = [
      ...(initial === null ? [] : [{ state: initial, at: this.#start, args: {} }]),
      ...changes.map(({ to, at, basis, reason, frame, confirmedBy, earliest, latest }) => ({
        state: to,
        at,
        args: { basis, reason, frame, confirmedBy, earliest: this.#us(earliest), latest: this.#us(latest) },
      })),
    ];
    return intervals.map(({ state, at, args }, index) => {
      const ts = this.#us(at);
      const until = this.#us(intervals[index + 1]?.at ?? this.#end);
      const dur = Math.round((until - ts) * 1000) / 1000;
      return { ph: 'X', name: state, cat: 'state', pid: flow, tid: THREAD[side], ts, dur, args };
    });
  }

  #arrow({ segment, sent, arrived }: Arrow): TraceEvent[] {
    const { flow } = this.#flow;
    const { from, frame, fate } = segment;
    const common = {
      name: this.#labels.fit(segment, LABEL_WIDTH),
      cat: 'segment',
      pid: flow,
      args: { frame, fate, length: segment.length, window: segment.window },
    };
    if (segment.icmp !== null || fate === 'unheeded') {
      const name = fate === 'unheeded' && segment.icmp === null ? `${common.name} (not heeded)` : common.name;
      return [{ ...common, name, ph: 'i', s: 't', tid: THREAD[from], ts: this.#us(sent) }];
    }
    const id = `${flow}:${frame}`;
    return [
      { ...common, ph: 's', id, tid: THREAD[from], ts: this.#us(sent), bp: 'e' },
      { ...common, ph: 'f', id, tid: THREAD[otherSide(from)], ts: this.#us(arrived), bp: 'e' },
    ];
  }

  #finding({ kind, severity, endpoint, at, frames, message, advice }: Flow['findings'][number]): TraceEvent {
    const common = {
      ph: 'i',
      name: kind,
      cat: severity,
      pid: this.#flow.flow,
      ts: this.#us(at),
      args: { severity, message, advice, frames },
    } as const;
    return endpoint === null ? { ...common, tid: 0, s: 'p' } : { ...common, tid: THREAD[endpoint], s: 't' };
  }

  #us(time: Time): number;
  #us(time: Time | null): number | null;
  #us(time: Time | null): number | null {
    return time === null ? null : Math.round(time + this.#offset) / 1000;
  }
}

interface Arrow {
  readonly segment: LoggedSegment;
  readonly sent: Time;
  readonly arrived: Time;
}

/** From its sender's thread to its receiver's: half a round trip before the tap saw it, and half of one after. */
function arrowOf({ roundTrips }: Flow, segment: LoggedSegment): Arrow {
  const oneWay = (side: Side): Time => ((roundTrips[side] ?? 0) * 1e9) / 2;
  return {
    segment,
    sent: segment.time - oneWay(segment.from),
    arrived: segment.time + oneWay(otherSide(segment.from)),
  };
}
