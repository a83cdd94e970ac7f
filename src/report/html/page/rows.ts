import { TCP_STATES, type TcpState } from '../../../connection/state.js';
import type { Outcome } from '../../../findings/analysis.js';
import { type FindingKind, SEVERITIES, type Severity } from '../../../findings/finding.js';
import { ColumnReader } from '../columns.js';
import { CLOSERS, type Closer, COLUMNS, type Column, OUTCOMES, RISING, type RowTables } from '../embedded.js';

/** The table of connections: numbers by column, and what they stand for. Rows are in the order of the flows' numbers. */
export class Rows {
  readonly count: number;
  readonly columns: Readonly<Record<Column, Float64Array>>;
  readonly #tables: RowTables;

  constructor(tables: RowTables, bytes: Uint8Array) {
    this.#tables = tables;
    this.count = tables.count;
    const reader = new ColumnReader(bytes);
    this.columns = Object.fromEntries(
      COLUMNS.map((name) => [name, reader.column(tables.count, RISING.has(name))]),
    ) as Record<Column, Float64Array>;
  }

  get findingSets(): readonly (readonly FindingKind[])[] {
    return this.#tables.findingSets;
  }
  get addresses(): readonly string[] {
    return this.#tables.addresses;
  }

  /** The row of a flow's number; -1 where it has none. */
  indexOf(flow: number): number {
    const { flow: numbers } = this.columns;
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (numbers[middle] < flow) low = middle + 1;
      else high = middle;
    }
    return low < this.count && numbers[low] === flow ? low : -1;
  }

  capture(row: number): string {
    return this.#tables.captures[this.columns.capture[row]];
  }
  clientAddress(row: number): string {
    return this.addresses[this.columns.client[row]];
  }
  serverAddress(row: number): string {
    return this.addresses[this.columns.server[row]];
  }
  client(row: number): string {
    return withPort(this.clientAddress(row), this.columns.clientPort[row]);
  }
  server(row: number): string {
    return withPort(this.serverAddress(row), this.columns.serverPort[row]);
  }
  clientState(row: number): TcpState {
    return TCP_STATES[this.columns.clientState[row]];
  }
  serverState(row: number): TcpState {
    return TCP_STATES[this.columns.serverState[row]];
  }
  kinds(row: number): readonly FindingKind[] {
    return this.findingSets[this.columns.findingSet[row]];
  }
  /** Of the worst finding; null where there is none. */
  severity(row: number): Severity | null {
    return SEVERITIES[this.columns.severity[row]] ?? null;
  }
  closer(row: number): Closer {
    return CLOSERS[this.columns.closer[row]];
  }
  outcome(row: number): Outcome {
    return OUTCOMES[this.columns.outcome[row]];
  }
}

export const withPort = (address: string, port: number): string =>
  address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
