import type { Flow } from '../findings/finding.js';
import { toJson } from './escape.js';
import { csvHeader, csvRow } from './export/csv.js';
import { MERMAID_HEADER, mermaidLines } from './export/mermaid.js';
import { ocsfEvent } from './export/ocsf.js';
import { traceEvents } from './export/perfetto.js';
import { connLogFooter, connLogHeader, connLogJson, connLogRow, type ZeekFlow } from './export/zeek/conn-log.js';
import { writeFlowJson } from './flow-json.js';
import { Utf8Text } from './utf8-text.js';

/** Connections one after the other as text of one format. */
export interface Printer<T> {
  /** Segments that are kept for display are needed, too. */
  readonly detail: 'summary' | 'full';
  /** What stands before the first one. */
  begin(first: T): string;
  /** What stands between two. */
  readonly separator: string;
  one(flow: T): string;
  /** What stands behind the last one; behind nothing at all where there was none. */
  end(count: number): string;
}

/** A printer of connections whose texts do not depend on each other. */
export interface FlowPrinter extends Printer<Flow> {
  begin(): string;
  /** Writes what `one` returns: where it is there, it is faster. */
  write?(flow: Flow, to: Utf8Text): void;
}

/** What `write` writes, as a string. */
const textOf =
  (write: (flow: Flow, to: Utf8Text) => void) =>
  (flow: Flow): string => {
    const text = new Utf8Text(memory);
    write(flow, text);
    return decoder.decode(text.memory.subarray(0, text.length));
  };

const memory = new Uint8Array(0x4000);
const decoder = new TextDecoder();

const lines = (of: (flow: Flow) => unknown): FlowPrinter => ({
  detail: 'summary',
  begin: () => '',
  separator: '',
  one: (flow) => `${toJson(of(flow))}\n`,
  end: () => '',
});

function writeFlowLine(flow: Flow, to: Utf8Text): void {
  writeFlowJson(flow, to);
  to.text('\n');
}

export const FLOW_FORMATS = ['json', 'ndjson', 'csv', 'ocsf', 'perfetto', 'mermaid'] as const;

/** Formats that need no more than the flows. */
export type FlowFormat = (typeof FLOW_FORMATS)[number];

/** @param version of lastack, where a format names its maker */
export function flowPrinter(format: FlowFormat, version: string): FlowPrinter {
  switch (format) {
    case 'json':
      return {
        detail: 'summary',
        begin: () => '[\n',
        separator: ',\n',
        one: textOf(writeFlowJson),
        write: writeFlowJson,
        end: (count) => (count === 0 ? '[]\n' : '\n]\n'),
      };
    case 'ndjson':
      return {
        detail: 'summary',
        begin: () => '',
        separator: '',
        one: textOf(writeFlowLine),
        write: writeFlowLine,
        end: () => '',
      };
    case 'csv':
      return {
        detail: 'summary',
        begin: csvHeader,
        separator: '',
        one: csvRow,
        end: (count) => (count === 0 ? csvHeader() : ''),
      };
    case 'ocsf':
      return lines((flow) => ocsfEvent(flow, version));
    case 'perfetto':
      return {
        detail: 'full',
        begin: () => '{"displayTimeUnit":"ms","traceEvents":[\n',
        separator: ',\n',
        one: (flow) =>
          traceEvents(flow, flow.clock.epochSeconds)
            .map((event) => toJson(event))
            .join(',\n'),
        end: (count) => `${count === 0 ? '{"traceEvents":[' : '\n'}]}\n`,
      };
    case 'mermaid':
      return {
        detail: 'full',
        begin: () => MERMAID_HEADER,
        separator: '',
        one: mermaidLines,
        end: (count) => (count === 0 ? MERMAID_HEADER : ''),
      };
  }
}

/** Formats that need what Zeek would say. */
export const ZEEK_PRINTERS: Readonly<Record<string, Printer<ZeekFlow>>> = {
  zeek: {
    detail: 'summary',
    begin: (first) => connLogHeader(startOf(first)),
    separator: '',
    one: connLogRow,
    end: (count) => (count === 0 ? connLogHeader(new Date(0)) : '') + connLogFooter(new Date()),
  },
  'zeek-json': { detail: 'summary', begin: () => '', separator: '', one: connLogJson, end: () => '' },
};

/** A log of a capture is as old as the capture. */
const startOf = ({ flow, conn }: ZeekFlow): Date => new Date(flow.clock.epochSeconds * 1000 + conn.start / 1e6);
