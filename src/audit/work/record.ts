import type { Severity } from '../../findings/finding.js';
import type { AnalysisJson } from '../../report/analysis-json.js';
import type { Part } from '../results/layout.js';
import type { ClientCount, ServiceCount } from './tally.js';

/** Change it with anything that a record or a table holds: results of another number are made anew. */
export const RECORD_FORMAT = 2;

/** One of the flows to open first. */
export interface WorstFlow {
  readonly flow: number;
  readonly file: string;
  readonly kind: string;
  readonly severity: Severity;
  readonly client: string;
  readonly server: string;
  readonly at: string;
  readonly message: string;
}

/** All that is known of one capture, or series of rotated files, once it was read: what summaries are made of. */
export interface CaptureRecord {
  readonly id: string;
  /** Content, names, version and options that it was made from. */
  readonly fingerprint: string;
  /** What `analyze --format json` prints for these files. */
  readonly analysis: AnalysisJson;
  /** Bytes of the files as stored. */
  readonly bytes: number;
  readonly services: readonly ServiceCount[];
  readonly clients: readonly ClientCount[];
  readonly worst: readonly WorstFlow[];
  readonly parts: readonly Part[];
}
