import { availableParallelism } from 'node:os';
import { DEFAULT_THRESHOLDS } from '../findings/thresholds.js';
import { flows } from '../flows.js';
import { DEFAULT_MAX_FLOWS } from '../options.js';
import { VERSION } from '../version.js';
import { compare, readBaseline } from './baseline/compare.js';
import { type Discovered, discover } from './discovery/discover.js';
import type { Shard } from './discovery/shard.js';
import { InterruptedError } from './error.js';
import { judge } from './policy/judge.js';
import { DEFAULT_BASELINE, type Policy } from './policy/policy.js';
import { type AuditProgress, Gauge } from './progress.js';
import { type Circumstances, gather, summaryOf } from './results/gather.js';
import type { Summary, Unreadable } from './results/summary.js';
import { writeResults } from './results/write-results.js';
import { Store } from './store/store.js';
import type { ReadingOptions } from './work/capture-work.js';
import { HashCache } from './work/hash-cache.js';
import { distinct, type Unit, unitOf } from './work/plan.js';
import { performAll } from './work/pool.js';

export interface AuditOptions extends ReadingOptions {
  /** The folder of results: a new one, or that of an earlier run, whose unchanged captures are not read again. */
  readonly out: string;
  /** A file, in YAML or JSON. */
  readonly policy?: string;
  /** The folder of results of an earlier run. */
  readonly baseline?: string;
  /** Only a share of the batch, chosen by content. */
  readonly shard?: Shard;
  /** Worker threads; 0 reads in this one. As many as there are processors by default. */
  readonly jobs?: number;
  /** The day, `2026-11-20` (UTC), on which ignores must not be over; today by default. */
  readonly today?: string;
  readonly onProgress?: (progress: AuditProgress) => void;
  readonly signal?: AbortSignal;
}

export type JudgingOptions = Pick<AuditOptions, 'policy' | 'baseline' | 'today'>;

/**
 * Reads a batch of captures (files, folders, patterns), each on its own, and writes what was found to a folder. What cannot
 * be read is in the summary and stops nothing.
 * @throws AuditError, PolicyError, FilterError, SysctlError for what the user can put right; InterruptedError after `signal`,
 * with all captures that were done kept for the next run
 */
export async function audit(paths: readonly string[], options: AuditOptions): Promise<Summary> {
  const policy = await policyOf(options);
  const reading = readingOptions(options, policy);
  // Understands the options, or says at once what is wrong with them.
  flows([], reading);
  const baseline = options.baseline === undefined ? null : readBaseline(options.baseline);
  const store = new Store(options.out);
  const run = new Run(store, options, reading);
  try {
    const discovered = await discover(paths, store.realPath, options.shard ?? null);
    const { units, copies } = distinct(await run.units(discovered));
    const failed = await run.read(units);
    const circumstances: Circumstances = {
      lastack: VERSION,
      shard: options.shard === undefined ? null : `${options.shard.index}/${options.shard.count}`,
      options: reading,
      unreadable: [...discovered.unreadable, ...failed],
      ignored: [...discovered.ignored, ...copies],
    };
    const failedPaths = new Set(failed.map(({ path }) => path));
    const done = units.filter((unit) => !unit.paths.some((path) => failedPaths.has(path))).map(({ id }) => id);
    return conclude(store, done, circumstances, policy, baseline, options);
  } catch (error) {
    if (options.signal?.aborted) throw new InterruptedError(run.done, run.total, options.out);
    throw error;
  } finally {
    store.close();
  }
}

/** Judges what the records of these captures say, and writes the results that are made of all of them. */
export function conclude(
  store: Store,
  ids: readonly string[],
  circumstances: Circumstances,
  policy: Policy | null,
  before: ReturnType<typeof readBaseline> | null,
  options: JudgingOptions,
): Summary {
  store.keepOnly(new Set(ids));
  const gathered = gather(records(store, ids), circumstances);
  const rule = policy?.baseline ?? DEFAULT_BASELINE;
  const baseline = before === null ? null : compare(options.baseline ?? '', before, gathered, rule.significance);
  const today = options.today ?? new Date().toISOString().slice(0, 10);
  const { services, acrossFlows } = gathered;
  const verdict = policy === null ? null : judge(policy, { services, across: acrossFlows, baseline, today });
  const summary = summaryOf(gathered, verdict, baseline);
  writeResults(store, summary);
  return summary;
}

/** The policy's file, read; the libraries that this takes are loaded only where there is one. */
export async function policyOf({ policy }: JudgingOptions): Promise<Policy | null> {
  if (policy === undefined) return null;
  const { loadPolicy } = await import('./policy/load.js');
  return loadPolicy(policy);
}

function* records(store: Store, ids: readonly string[]) {
  for (const id of ids) yield store.record(id);
}

/** What changes results, complete and in a fixed order: thresholds of the command line go before those of the policy. */
function readingOptions(options: AuditOptions, policy: Policy | null): ReadingOptions {
  return {
    reader: options.reader ?? 'native',
    profile: options.profile ?? 'linux',
    thresholds: { ...DEFAULT_THRESHOLDS, ...policy?.thresholds, ...options.thresholds },
    verifyChecksums: options.verifyChecksums ?? false,
    maxFlows: options.maxFlows ?? DEFAULT_MAX_FLOWS,
    ...(options.sysctl && { sysctl: options.sysctl }),
    ...(options.filter !== undefined && { filter: options.filter }),
    ...(options.reorder !== undefined && { reorder: options.reorder }),
    ...(options.key && { key: options.key }),
  };
}

/** One run: what it reads, on how many threads, and how far it is. */
class Run {
  done = 0;
  total = 0;
  readonly #jobs: number;

  constructor(
    readonly store: Store,
    readonly options: AuditOptions,
    readonly reading: ReadingOptions,
  ) {
    this.#jobs = options.jobs ?? availableParallelism();
  }

  /** Names each series by the hashes of its files' content. */
  async units({ series }: Discovered): Promise<Unit[]> {
    const cache = new HashCache(this.store.hashes);
    const hashes = new Map<string, string>();
    const files = series.flat();
    const unknown = files.filter((file) => {
      const hash = cache.get(file);
      if (hash !== null) hashes.set(file.path, hash);
      return hash === null;
    });
    const bytes = unknown.reduce((sum, { stats }) => sum + Number(stats.size), 0);
    const gauge = this.#gauge('checking', unknown.length, bytes);
    await performAll(
      unknown.map((file) => ({
        task: { kind: 'hash', path: file.path },
        onProgress: (progress) => gauge.progress(file.path, Number(file.stats.size), progress),
        onDone: (hash) => {
          hashes.set(file.path, hash ?? '');
          cache.set(file, hash ?? '');
          gauge.finished(file.path, Number(file.stats.size));
        },
        // Reading it as a capture tells better why it cannot be read.
        onFailed: () => gauge.finished(file.path, Number(file.stats.size)),
      })),
      this.#jobs,
      this.options.signal,
    );
    cache.save();
    return series.map((one) =>
      unitOf(
        one,
        one.map(({ path }) => hashes.get(path) ?? `unreadable ${path}`),
        VERSION,
        this.reading,
      ),
    );
  }

  /** Reads what is not in the results yet, the largest first; gives what failed for reasons of the program. */
  async read(units: readonly Unit[]): Promise<Unreadable[]> {
    const todo = units
      .filter(({ id, fingerprint }) => !this.store.isDone(id, fingerprint))
      .sort((a, b) => b.bytes - a.bytes || (a.id < b.id ? -1 : 1));
    this.total = units.length;
    this.done = units.length - todo.length;
    if (todo.length > 0) this.store.reopen();
    const gauge = this.#gauge(
      'reading',
      todo.length,
      todo.reduce((sum, { bytes }) => sum + bytes, 0),
    );
    const failed: Unreadable[] = [];
    await performAll(
      todo.map(({ id, fingerprint, paths, bytes }) => ({
        task: {
          kind: 'capture',
          job: {
            id,
            fingerprint,
            paths,
            bytes,
            options: this.reading,
            createdBy: `lastack ${VERSION}`,
            folder: this.store.workFolder(id),
          },
        },
        onProgress: (progress) => gauge.progress(paths[0], bytes, progress),
        onDone: () => {
          this.store.commit(id);
          this.done++;
          gauge.finished(paths[0], bytes);
        },
        onFailed: (message) => {
          for (const path of paths) failed.push({ path, error: { code: 'internal', message: `${path}: ${message}` } });
          gauge.finished(paths[0], bytes);
        },
      })),
      this.#jobs,
      this.options.signal,
    );
    return failed;
  }

  #gauge(phase: AuditProgress['phase'], total: number, bytes: number): Gauge {
    return new Gauge(phase, total, bytes, this.options.onProgress ?? (() => {}));
  }
}
