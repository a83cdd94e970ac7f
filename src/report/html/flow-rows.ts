import type { Clock } from '../../connection/model.js';
import { TCP_STATES } from '../../connection/state.js';
import { RST } from '../../decode/segment.js';
import { type Flow, SEVERITIES } from '../../findings/finding.js';
import { outcomeOf } from '../../findings/summarize.js';
import { ColumnWriter } from './columns.js';
import { CLOSERS, type Closer, COLUMNS, type Column, OUTCOMES, RISING, type RowTables } from './embedded.js';

/** Rows of the table: as many of connections without findings, and as many of others. */
const MOST_ROWS = 200_000;
const MICROSECOND = 1e3;

/** The table of connections, a column at a time, in bounded memory. */
export class FlowRows {
  readonly #columns: Readonly<Record<Column, number[]>>;
  readonly #addresses = new Dictionary<string>();
  readonly #sets = new Dictionary<string>();
  readonly #captures = new Dictionary<string>();
  readonly #most: number;
  #ordinary = 0;
  #telling = 0;
  #leftOut = 0;

  constructor(most = MOST_ROWS) {
    this.#most = most;
    this.#columns = Object.fromEntries(COLUMNS.map((column) => [column, []])) as unknown as Record<Column, number[]>;
  }

  /** False, without more ado, where the table is full. */
  hasRoom(flow: Flow): boolean {
    const room = flow.findings.length > 0 ? this.#telling++ < this.#most : this.#ordinary++ < this.#most;
    if (!room) this.#leftOut++;
    return room;
  }

  /** Adds a row; `clock` is the one that all rows count on, `detail` the number of the block with the segments. */
  add(flow: Flow, clock: Clock, detail: number): void {
    const c = this.#columns;
    const shift = (flow.clock.epochSeconds - clock.epochSeconds) * 1e6;
    const start = Math.floor(flow.start / MICROSECOND);
    c.flow.push(flow.flow);
    c.start.push(start + shift);
    c.tcpStream.push(flow.tcpStream);
    c.capture.push(this.#captures.index(flow.capture));
    c.client.push(this.#addresses.index(flow.client.address));
    c.clientPort.push(flow.client.port);
    c.server.push(this.#addresses.index(flow.server.address));
    c.serverPort.push(flow.server.port);
    c.duration.push(Math.floor(flow.end / MICROSECOND) - start);
    c.clientState.push(TCP_STATES.indexOf(flow.clientState));
    c.serverState.push(TCP_STATES.indexOf(flow.serverState));
    c.findingSet.push(this.#sets.index([...new Set(flow.findings.map((finding) => finding.kind))].join(' ')));
    c.severity.push(flow.findings.length === 0 ? SEVERITIES.length : SEVERITIES.indexOf(flow.findings[0].severity));
    c.closer.push(CLOSERS.indexOf(closerOf(flow)));
    c.outcome.push(OUTCOMES.indexOf(outcomeOf(flow)));
    c.packets.push(flow.packets.client + flow.packets.server);
    c.clientBytes.push(flow.bytes.client);
    c.serverBytes.push(flow.bytes.server);
    c.retransmissions.push(flow.retransmissions.client + flow.retransmissions.server);
    c.handshake.push(flow.handshakeRtt === null ? -1 : Math.round(flow.handshakeRtt * 1e6));
    c.detail.push(detail);
  }

  tables(): RowTables {
    return {
      count: this.#columns.flow.length,
      leftOut: this.#leftOut,
      captures: this.#captures.values,
      addresses: this.#addresses.values,
      findingSets: this.#sets.values.map((set) => set.split(' ').filter(Boolean)) as RowTables['findingSets'],
    };
  }

  /** All columns, the rows in the order of the connections' numbers. */
  bytes(): Uint8Array {
    const { flow } = this.#columns;
    const order = Uint32Array.from(flow.keys()).sort((a, b) => flow[a] - flow[b]);
    const writer = new ColumnWriter();
    for (const name of COLUMNS) {
      const values = this.#columns[name];
      writer.column(
        Array.from(order, (row) => values[row]),
        RISING.has(name),
      );
    }
    return writer.bytes();
  }
}

/** The end whose FIN came first; where there was none, the one that sent the first RST. */
export function closerOf(flow: Flow): Closer {
  const fin = flow.timeline.find(({ to }) => to === 'FIN_WAIT1');
  if (fin !== undefined) return fin.endpoint;
  return (
    flow.segments.find(({ flags, icmp, run }) => (flags & RST) !== 0 && icmp === null && run === null)?.from ?? 'nobody'
  );
}

/** Gives each value a number, in the order in which they come. */
class Dictionary<T> {
  readonly values: T[] = [];
  readonly #index = new Map<T, number>();

  index(value: T): number {
    let index = this.#index.get(value);
    if (index === undefined) {
      index = this.values.push(value) - 1;
      this.#index.set(value, index);
    }
    return index;
  }
}
