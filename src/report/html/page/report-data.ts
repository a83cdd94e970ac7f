import type { Clock } from '../../../connection/model.js';
import type { Flow } from '../../../findings/finding.js';
import { detailBlock, OVERVIEW_BLOCK, type Overview, ROWS_BLOCK } from '../embedded.js';
import { type PackedFlow, unpackFlow } from '../flow-pack.js';
import { Rows } from './rows.js';

/** All that is embedded in the page; segments are unpacked when somebody looks at them. */
export class ReportData {
  private constructor(
    readonly overview: Overview,
    readonly rows: Rows,
  ) {}

  /** @throws {Error} where a block is missing or damaged */
  static async load(): Promise<ReportData> {
    const overview: Overview = JSON.parse(new TextDecoder().decode(await block(OVERVIEW_BLOCK)));
    return new ReportData(overview, new Rows(overview.rows, await block(ROWS_BLOCK)));
  }

  /** Of both sides together all times are by one clock, whichever capture tells of them. */
  clockOf(capture: string): Clock {
    if (this.overview.comparison !== null) return this.overview.clock;
    return this.overview.captures.find(({ path }) => path === capture)?.clock ?? this.overview.clock;
  }

  /** The connection with its segments; null where they were left out. */
  async flow(row: number): Promise<Flow | null> {
    const id = detailBlock(this.rows.columns.detail[row]);
    if (document.getElementById(id) === null) return null;
    const flows: PackedFlow[] = JSON.parse(new TextDecoder().decode(await block(id)));
    const packed = flows.find(({ flow }) => flow === this.rows.columns.flow[row]);
    const capture = this.rows.capture(row);
    return packed === undefined ? null : unpackFlow(packed, capture, this.clockOf(capture));
  }
}

async function block(id: string): Promise<Uint8Array> {
  const text = document.getElementById(id)?.textContent;
  if (text === null || text === undefined) throw new Error(`the block '${id}' is missing`);
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
