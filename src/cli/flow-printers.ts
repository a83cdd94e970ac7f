import type { Flow } from '../findings/finding.js';
import { toJson } from '../report/escape.js';
import { csvHeader, csvRow } from '../report/export/csv.js';
import { MERMAID_HEADER, mermaidLines } from '../report/export/mermaid.js';
import { ocsfEvent } from '../report/export/ocsf.js';
import { traceEvents } from '../report/export/perfetto.js';
import {
  connLogFooter,
  connLogHeader,
  connLogJson,
  connLogRow,
  type ZeekFlow,
} from '../report/export/zeek/conn-log.js';
import { flowJson } from '../report/flow-json.js';

/** Connections one after the other as text of one format. */
export interface Printer<T> {
  /** Segments that are kept for display are needed, too. */
  readonly detail: 'summary' | 'full';
  one(flow: T, index: number): string;
  end(count: number): string;
}

const line = (of: (flow: Flow) => unknown): Printer<Flow> => ({
  detail: 'summary',
  one: (flow) => `${toJson(of(flow))}\n`,
  end: () => '',
});

/** Formats that need no more than the flows. */
export function flowPrinters(version: string): Readonly<Record<string, Printer<Flow>>> {
  return {
    json: {
      detail: 'summary',
      one: (flow, index) => `${index === 0 ? '[' : ','}\n${toJson(flowJson(flow))}`,
      end: (count) => (count === 0 ? '[]\n' : '\n]\n'),
    },
    ndjson: line(flowJson),
    csv: {
      detail: 'summary',
      one: (flow, index) => `${index === 0 ? csvHeader() : ''}${csvRow(flow)}`,
      end: (count) => (count === 0 ? csvHeader() : ''),
    },
    ocsf: line((flow) => ocsfEvent(flow, version)),
    perfetto: perfetto(),
    mermaid: {
      detail: 'full',
      one: (flow, index) => `${index === 0 ? MERMAID_HEADER : ''}${mermaidLines(flow)}`,
      end: (count) => (count === 0 ? MERMAID_HEADER : ''),
    },
  };
}

/** Formats that need what Zeek would say. */
export const ZEEK_PRINTERS: Readonly<Record<string, Printer<ZeekFlow>>> = {
  zeek: {
    detail: 'summary',
    one: (flow, index) => `${index === 0 ? connLogHeader(startOf(flow)) : ''}${connLogRow(flow)}`,
    end: (count) => (count === 0 ? connLogHeader(new Date(0)) : '') + connLogFooter(new Date()),
  },
  'zeek-json': { detail: 'summary', one: connLogJson, end: () => '' },
};

/** A log of a capture is as old as the capture. */
const startOf = ({ flow, conn }: ZeekFlow): Date => new Date(flow.clock.epochSeconds * 1000 + conn.start / 1e6);

function perfetto(): Printer<Flow> {
  let epochSeconds = 0;
  return {
    detail: 'full',
    one(flow, index) {
      if (index === 0) epochSeconds = flow.clock.epochSeconds;
      const events = traceEvents(flow, epochSeconds).map((event) => toJson(event));
      return `${index === 0 ? '{"displayTimeUnit":"ms","traceEvents":[' : ','}\n${events.join(',\n')}`;
    },
    end: (count) => `${count === 0 ? '{"traceEvents":[' : '\n'}]}\n`,
  };
}
