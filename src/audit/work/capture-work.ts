import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Flow } from '../../findings/finding.js';
import { withPort } from '../../findings/rule.js';
import { Summarizer } from '../../findings/summarize.js';
import { DEFAULT_THRESHOLDS } from '../../findings/thresholds.js';
import { flows } from '../../flows.js';
import type { Options } from '../../options.js';
import { analysisJson } from '../../report/analysis-json.js';
import { timestamp } from '../../report/timestamp.js';
import { FindingsCsv } from '../results/findings-csv.js';
import { utcDay, utcMicroseconds } from '../results/instant.js';
import { Partitions } from '../results/partitions.js';
import { acrossRow, findingRows, flowRow, transitionRows } from '../results/tables.js';
import type { CaptureRecord, WorstFlow } from './record.js';
import { Tally } from './tally.js';

/** What changes the results of a capture. */
export type ReadingOptions = Pick<
  Options,
  'reader' | 'profile' | 'sysctl' | 'thresholds' | 'filter' | 'verifyChecksums' | 'maxFlows' | 'reorder' | 'key'
>;

/** One capture, or a series of rotated files in the order of time, to be read into a folder. */
export interface CaptureJob {
  readonly id: string;
  readonly fingerprint: string;
  readonly paths: readonly string[];
  readonly bytes: number;
  readonly options: ReadingOptions;
  readonly createdBy: string;
  /** Made by the job: the tables, `findings.csv` and `record.json`. */
  readonly folder: string;
}

/**
 * Reads a capture and writes all that is kept of it. Nothing grows with its length but the files, and, up to a bound, the
 * counts by service and client.
 */
export async function readCapture(job: CaptureJob, hooks: Pick<Options, 'onProgress' | 'signal'> = {}): Promise<void> {
  mkdirSync(job.folder, { recursive: true });
  const summarizer = new Summarizer({ ...DEFAULT_THRESHOLDS, ...job.options.thresholds });
  const tally = new Tally();
  const partitions = new Partitions(job.folder, job.createdBy);
  const csv = new FindingsCsv(join(job.folder, 'findings.csv'), job.id);
  const onGivenUp = (connections: number): void => summarizer.giveUp(connections);
  const stream = flows(job.paths, { ...job.options, ...hooks, onGivenUp, detail: 'summary' });
  for await (const flow of stream) {
    summarizer.add(flow);
    tally.addFlow(flow);
    const day = utcDay(utcMicroseconds(flow.start, flow.clock));
    partitions.add('flows', day, flowRow(flow));
    for (const row of transitionRows(flow)) partitions.add('transitions', day, row);
    for (const row of findingRows(flow)) {
      partitions.add('findings', day, row);
      csv.add(row);
    }
  }
  const analysis = summarizer.result(stream.captures);
  for (const finding of analysis.acrossFlows) {
    const row = acrossRow(finding, job.paths[0]);
    partitions.add('findings', utcDay(utcMicroseconds(finding.at, finding.clock)), row);
    csv.add(row);
  }
  csv.close();
  const record: CaptureRecord = {
    id: job.id,
    fingerprint: job.fingerprint,
    analysis: analysisJson(analysis),
    bytes: job.bytes,
    services: tally.services(),
    clients: tally.clients(),
    worst: analysis.worst.map(worstFlow),
    parts: partitions.close(),
  };
  writeFileSync(join(job.folder, 'record.json'), JSON.stringify(record));
}

function worstFlow({ flow, capture, client, server, clock, findings: [finding] }: Flow): WorstFlow {
  return {
    flow,
    file: capture,
    kind: finding.kind,
    severity: finding.severity,
    client: withPort(client),
    server: withPort(server),
    at: timestamp(finding.at, clock),
    message: finding.message,
  };
}
