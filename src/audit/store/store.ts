import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { AuditError } from '../error.js';
import { captureFolder, partPath, tableFolder } from '../results/layout.js';
import { TABLE_NAMES, type TableName } from '../results/tables.js';
import type { CaptureRecord } from '../work/record.js';
import { lock } from './lock.js';

/** Names of captures; nothing else is ever removed. */
const ID = /^c[0-9a-f]{15}$/;
/** What is written when all else is: its presence says that the folder is complete. */
const FINAL_FILES = ['summary.json', 'report.md', 'junit.xml', 'findings.csv'] as const;
type FinalFile = (typeof FINAL_FILES)[number];

/** Captures whose results are in a folder. */
export function capturesIn(folder: string): string[] {
  return readdirSync(join(folder, '.lastack', 'captures')).filter((name) => ID.test(name));
}

/**
 * A folder of results:
 * ```
 * summary.json  report.md  findings.csv  junit.xml
 * flows.parquet/capture=ID/day=2026-11-20/part-0.parquet     (transitions.parquet, findings.parquet alike)
 * .lastack/captures/ID/record.json, findings.csv             what summaries are made of
 * .lastack/                                                  the lock, remembered hashes, work in progress
 * ```
 * A capture's tables are moved to their place before its record: a record says that its capture is done.
 */
export class Store {
  readonly #release: () => void;

  /** Takes the folder, and removes what an interrupted run left. Throws AuditError where it cannot be used. */
  constructor(readonly folder: string) {
    try {
      makeFolder(folder);
      const names = readdirSync(folder);
      if (names.length > 0 && !names.includes('.lastack')) {
        throw new AuditError(`${folder} holds other things than results: name a new folder, or an empty one`);
      }
      mkdirSync(this.#records, { recursive: true });
    } catch (error) {
      if (error instanceof AuditError) throw error;
      throw new AuditError(`cannot write to ${folder}: ${error instanceof Error ? error.message : error}`);
    }
    this.#release = lock(join(folder, '.lastack', 'lock'));
    rmSync(this.#work, { recursive: true, force: true });
  }

  close(): void {
    rmSync(this.#work, { recursive: true, force: true });
    this.#release();
  }

  get realPath(): string {
    return realpathSync(this.folder);
  }

  get hashes(): string {
    return join(this.folder, '.lastack', 'hashes.json');
  }

  get #work(): string {
    return join(this.folder, '.lastack', 'work');
  }

  get #records(): string {
    return join(this.folder, '.lastack', 'captures');
  }

  /** Where the results of a capture are made. */
  workFolder(id: string): string {
    return join(this.#work, id);
  }

  final(file: FinalFile): string {
    return join(this.folder, file);
  }

  findingsCsv(id: string): string {
    return join(this.#records, id, 'findings.csv');
  }

  /** Takes back the claim that the folder is complete. */
  reopen(): void {
    for (const file of FINAL_FILES) rmSync(this.final(file), { force: true });
  }

  record(id: string): CaptureRecord {
    return JSON.parse(readFileSync(join(this.#records, id, 'record.json'), 'utf8'));
  }

  /** Whether the capture's results are there as this fingerprint wants them, every file at its full length. */
  isDone(id: string, fingerprint: string): boolean {
    try {
      const record = this.record(id);
      return (
        record.fingerprint === fingerprint &&
        existsSync(this.findingsCsv(id)) &&
        record.parts.every((part) => statSync(join(this.#table(part.table, id), partPath(part))).size === part.bytes)
      );
    } catch {
      return false;
    }
  }

  /** Puts what was made in the capture's work folder in its place. */
  commit(id: string): void {
    const work = this.workFolder(id);
    this.#remove(id);
    for (const table of TABLE_NAMES) move(join(work, table), this.#table(table, id));
    const record = `${work}.record`;
    mkdirSync(record);
    for (const file of ['record.json', 'findings.csv']) renameSync(join(work, file), join(record, file));
    move(record, join(this.#records, id));
    rmSync(work, { recursive: true, force: true });
  }

  /** Copies a capture's results from another folder, in the same order as `commit`. */
  take(id: string, from: string): void {
    this.#remove(id);
    const copy = (...names: string[]): void => {
      const source = join(from, ...names);
      if (existsSync(source)) cpSync(source, join(this.folder, ...names), { recursive: true });
    };
    for (const table of TABLE_NAMES) copy(tableFolder(table), captureFolder(id));
    copy('.lastack', 'captures', id);
  }

  /** Removes the results of all captures but these. */
  keepOnly(ids: ReadonlySet<string>): void {
    const known = new Set(readdirSync(this.#records));
    for (const table of TABLE_NAMES) {
      const folder = join(this.folder, tableFolder(table));
      for (const name of existsSync(folder) ? readdirSync(folder) : []) known.add(name.replace(/^capture=/, ''));
    }
    for (const id of known) if (ID.test(id) && !ids.has(id)) this.#remove(id);
  }

  /** The record first: without it, the rest counts for nothing. */
  #remove(id: string): void {
    rmSync(join(this.#records, id), { recursive: true, force: true });
    for (const table of TABLE_NAMES) rmSync(this.#table(table, id), { recursive: true, force: true });
  }

  #table(table: TableName, id: string): string {
    return join(this.folder, tableFolder(table), captureFolder(id));
  }
}

/** Not mkdirSync's `recursive`, which never returns where the file system takes no folders, as /proc. */
function makeFolder(path: string): void {
  if (existsSync(path)) return;
  makeFolder(dirname(path));
  mkdirSync(path);
}

function move(from: string, to: string): void {
  if (!existsSync(from)) return;
  mkdirSync(join(to, '..'), { recursive: true });
  renameSync(from, to);
}
