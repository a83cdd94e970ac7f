import type { Side } from './connection/state.js';
import type { Analysis, CaptureSummary } from './findings/analysis.js';
import { Summarizer } from './findings/summarize.js';
import { DEFAULT_THRESHOLDS } from './findings/thresholds.js';
import { flowsOrOrdinary } from './flows.js';
import type { OnOrdinary } from './follower.js';
import type { Options } from './options.js';
import { type StateCount, StateCounter, type StateGroup } from './report/states.js';
import { readingOnThreads } from './threads/reading-on-threads.js';

export interface AnalyzeOptions extends Options {
  /**
   * Threads that a capture is read on, this one among them: from 2 on, one reads a file, and decodes what it can, while this
   * one follows flows; by default 2 for a file of half a gigabyte and more, where there are as many processors. The analysis
   * is the same.
   */
  readonly threads?: number;
}

/**
 * Reads captures and puts all their connections together.
 * @throws FilterError, SysctlError where an option cannot be understood
 */
export async function analyze(
  captures: string | readonly string[],
  { threads, ...options }: AnalyzeOptions = {},
): Promise<Analysis> {
  const summarizer = new Summarizer({ ...DEFAULT_THRESHOLDS, ...options.thresholds });
  const onGivenUp = (connections: number): void => {
    summarizer.giveUp(connections);
    options.onGivenUp?.(connections);
  };
  const ordinary: OnOrdinary<never> = {
    end: (flow, clock) => {
      summarizer.addOrdinary(flow, clock);
      return null;
    },
  };
  const stream = flowsOrOrdinary(captures, { ...options, onGivenUp }, ordinary, readingOnThreads(threads));
  for await (const flow of stream) summarizer.add(flow);
  return summarizer.result(stream.captures);
}

export interface SocketOptions extends AnalyzeOptions {
  /** Only this end's sockets; both where it is left out. */
  readonly side?: Side;
  /** One count per address of the host that holds the socket, or per port of the server. */
  readonly by?: StateGroup;
}

/** Sockets per state, the highest count first, and what was in the captures. */
export interface SocketCounts {
  readonly rows: readonly StateCount[];
  readonly captures: readonly CaptureSummary[];
}

/**
 * Counts the sockets that netstat would show at the end of the captures.
 * @throws FilterError, SysctlError where an option cannot be understood
 */
export async function socketsAtEnd(
  captures: string | readonly string[],
  { side, by, threads, ...options }: SocketOptions = {},
): Promise<SocketCounts> {
  const counter = new StateCounter({ ...(side && { side }), ...(by && { by }) });
  const ordinary: OnOrdinary<never> = {
    end: (flow) => {
      counter.addOrdinary(flow);
      return null;
    },
  };
  const stream = flowsOrOrdinary(captures, options, ordinary, readingOnThreads(threads));
  for await (const flow of stream) counter.add(flow);
  return { rows: counter.rows(), captures: stream.captures };
}

export { type AuditOptions, audit } from './audit/audit.js';
export { AuditError, InterruptedError } from './audit/error.js';
export { type JoinOptions, joinShares } from './audit/join.js';
export type { AuditProgress } from './audit/progress.js';
export { type Answer, QueryError, query } from './audit/query/query.js';
export { QUESTIONS, type Question } from './audit/query/questions.js';
export type { Summary as AuditSummary } from './audit/results/summary.js';
export { CaptureError, type CaptureErrorCode } from './capture/error.js';
export { openCapture } from './capture/open.js';
export type { CaptureInfo, PacketSource } from './capture/source.js';
export { type ComparedFlowStream, type CompareOptions, compare } from './compare/compare.js';
export type {
  ComparedFinding,
  ComparedFlow,
  Comparison,
  FlowClock,
  OneTapSegment,
  PathFates,
  PathSegment,
} from './compare/compared-flow.js';
export { FilterError } from './connection/flow-filter.js';
export type {
  Basis,
  Clock,
  Connection,
  Endpoint,
  Fate,
  LoggedSegment,
  SegmentRole,
  SegmentRun,
  Tap,
  Time,
  Transition,
} from './connection/model.js';
export { type HostProfile, PROFILE_NAMES, type ProfileName, SysctlError } from './connection/profile.js';
export { type Side, TCP_STATES, type TcpState } from './connection/state.js';
export type { Analysis, CaptureSummary, FindingSummary, Outcome } from './findings/analysis.js';
export { CATALOGUE } from './findings/catalogue/index.js';
export type { CatalogueEntry } from './findings/catalogue-entry.js';
export {
  type AcrossFinding,
  FINDING_KINDS,
  type Finding,
  type FindingKind,
  type Flow,
  PHASES,
  type Phase,
  SEVERITIES,
  type Severity,
} from './findings/finding.js';
export { DEFAULT_THRESHOLDS, type Thresholds } from './findings/thresholds.js';
export { type FlowStream, flows } from './flows.js';
export { type Annotated, annotate } from './handover/annotate.js';
export { keyOf as anonymizationKey, randomKey as randomAnonymizationKey } from './handover/anonymize/key.js';
export type { CaptureFormat } from './handover/capture-writer.js';
export { type ZeekFlowStream, zeekFlows } from './handover/conn-log.js';
export { HandoverError, type HandoverErrorCode } from './handover/error.js';
export { type Extracted, type ExtractOptions, extract, type Write } from './handover/extract.js';
export { wiresharkProfile } from './handover/wireshark-profile.js';
export { DEFAULT_MAX_FLOWS, type Options, type Progress } from './options.js';
export { communityId } from './report/community-id.js';
export type { ZeekFlow } from './report/export/zeek/conn-log.js';
export type { ConnState } from './report/export/zeek/conn-state.js';
export type { ZeekConn } from './report/export/zeek/connection.js';
export { FLOW_FORMATS, type FlowFormat } from './report/flow-printers.js';
export { HtmlReport, type HtmlReportOptions } from './report/html/report.js';
export type { FlowText } from './report/printed-flows.js';
export type { StateCount, StateGroup } from './report/states.js';
export { formatTimestamp } from './report/units.js';
export { flowText, type TextOptions } from './threads/flow-text.js';
