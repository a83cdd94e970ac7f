import type { Comparison, DelaySample, LossByClass } from '../../compare/compared-flow.js';
import type { Clock, Tap, Time } from '../../connection/model.js';
import type { Side, TcpState } from '../../connection/state.js';
import type { Outcome } from '../../findings/analysis.js';
import type { CatalogueEntry } from '../../findings/catalogue-entry.js';
import type { FindingKind, Severity } from '../../findings/finding.js';

/** What the page is made of, apart from rows and segments: JSON in the block `overview`. Times are on `clock`. */
export interface Overview {
  /** Of the program that wrote the page. */
  readonly version: string;
  readonly verdict: Verdict;
  /** Clock of the first connection, which all times here and in the rows are counted on. */
  readonly clock: Clock;
  readonly captures: readonly CaptureFacts[];
  readonly flows: number;
  /** What is said of connections that were given up, and are not here; null where none was. */
  readonly givenUp: string | null;
  readonly outcomes: Readonly<Record<Outcome, number>>;
  readonly statesAtEnd: Readonly<Record<Side, Partial<Record<TcpState, number>>>>;
  readonly tap: Tap;
  /** Seconds. */
  readonly tapRtt: number | null;
  /** By severity, then by how many connections they touch; those that only many connections show are among them. */
  readonly findings: readonly FindingFacts[];
  /** Entries of the kinds that occur. */
  readonly catalogue: Readonly<Partial<Record<FindingKind, CatalogueEntry>>>;
  readonly curve: StateCurveData;
  readonly rows: RowTables;
  readonly detail: DetailFacts;
  /** Null for a report of one capture, or of several of one place. */
  readonly comparison: ComparisonFacts | null;
}

/** What two sides' captures tell together. */
export interface ComparisonFacts {
  /** How they belong together, and how their clocks differ: a sentence each. */
  readonly words: readonly string[];
  /** How many of the captures are of the side named first. */
  readonly first: number;
  readonly flows: Comparison['flows'];
  /** From the first side to the second, and back. */
  readonly directions: readonly [DirectionFacts, DirectionFacts];
}

/** What became of the segments of one direction. */
export interface DirectionFacts {
  readonly delivered: number;
  readonly lost: LossByClass;
  readonly injected: number;
  /** In the order of time. */
  readonly delays: readonly DelaySample[];
}

export interface Verdict {
  /** Null where nothing is wrong. */
  readonly severity: Severity | null;
  readonly text: string;
}

export interface CaptureFacts {
  readonly path: string;
  /** Null where the capture holds no frame. */
  readonly clock: Clock | null;
  /** Format, link type, frames, segments, span: a few words each. */
  readonly facts: readonly string[];
  /** What kept it from being read to its end. */
  readonly trouble: string | null;
}

export interface FindingFacts {
  readonly kind: FindingKind;
  readonly severity: Severity;
  readonly flows: number;
  /** Numbers of the first ones. */
  readonly examples: readonly number[];
  readonly where: string | null;
  readonly at: Time;
  readonly message: string;
  readonly advice: string;
  /** Only many connections together show it. */
  readonly across: boolean;
  /** What the other side's capture decides, of the first connection of which it decides something. */
  readonly verdict: { readonly flow: number; readonly text: string } | null;
}

/** Sockets per state at `from`, `from + every`, ... */
export interface StateCurveData {
  readonly from: Time;
  readonly every: Time;
  readonly samples: number;
  /** A count for each sample; states that no sample shows are left out. */
  readonly counts: Readonly<Record<Side, Partial<Record<TcpState, readonly number[]>>>>;
}

/** What the numbers in the columns of the rows stand for. */
export interface RowTables {
  readonly count: number;
  /** Connections without findings that came when the table was full. */
  readonly leftOut: number;
  /** Paths. */
  readonly captures: readonly string[];
  readonly addresses: readonly string[];
  readonly findingSets: readonly (readonly FindingKind[])[];
}

/** Which connections have their segments in the page. */
export interface DetailFacts {
  /** Connections whose segments are kept, of those with findings and of those without. */
  readonly withFindings: number;
  readonly withoutFindings: number;
  /** Those of connections without findings were left out, since the page would have become larger than `limit` bytes. */
  readonly ordinaryLeftOut: boolean;
  readonly limit: number;
  /** Connections with findings whose segments are not kept, beyond `most` bytes. */
  readonly tellingLeftOut: number;
  readonly most: number;
}

/** Columns of the block `rows`, in their order. Times and durations in microseconds. */
export const COLUMNS = [
  'flow',
  'start',
  'tcpStream',
  'capture',
  'client',
  'clientPort',
  'server',
  'serverPort',
  'duration',
  'clientState',
  'serverState',
  'findingSet',
  'severity',
  'closer',
  'outcome',
  'packets',
  'clientBytes',
  'serverBytes',
  'retransmissions',
  'handshake',
  'detail',
] as const;
export type Column = (typeof COLUMNS)[number];

/** Columns whose values grow, or nearly so, from row to row. */
export const RISING: ReadonlySet<Column> = new Set<Column>(['flow', 'start', 'tcpStream']);

/** Who closed first, as the column `closer` has it. */
export const CLOSERS = ['nobody', 'client', 'server'] as const;
export type Closer = (typeof CLOSERS)[number];

export const OUTCOMES: readonly Outcome[] = ['closed in order', 'reset', 'still open', 'never opened'];

/** Ids of the data blocks in the document; segments are in `detail-1`, `detail-2`, ... */
export const OVERVIEW_BLOCK = 'overview';
export const ROWS_BLOCK = 'rows';
export const detailBlock = (number: number): string => `detail-${number}`;
