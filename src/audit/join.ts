import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { conclude, type JudgingOptions, policyOf } from './audit.js';
import { readBaseline } from './baseline/compare.js';
import { AuditError } from './error.js';
import type { Summary } from './results/summary.js';
import { capturesIn, Store } from './store/store.js';

export interface JoinOptions extends JudgingOptions {
  /** The folder that the results of all shares are put together in. */
  readonly out: string;
}

/**
 * Puts the results of all shares of a batch together: the same folder as if one machine had read the whole. The captures are
 * not needed.
 * @throws AuditError where a share is missing, incomplete, or made with other options
 */
export async function joinShares(folders: readonly string[], options: JoinOptions): Promise<Summary> {
  const policy = await policyOf(options);
  const baseline = options.baseline === undefined ? null : readBaseline(options.baseline);
  const shares = folders.map((folder) => ({ folder, summary: readSummary(folder) }));
  check(shares);
  const store = new Store(options.out);
  try {
    store.reopen();
    const ids = new Set<string>();
    for (const { folder } of shares) {
      for (const id of capturesIn(folder)) {
        store.take(id, folder);
        ids.add(id);
      }
    }
    const circumstances = {
      lastack: shares[0].summary.lastack,
      shard: null,
      options: shares[0].summary.options,
      unreadable: shares.flatMap(({ summary }) => summary.unreadable),
      ignored: shares.flatMap(({ summary }) => summary.ignored),
    };
    return conclude(store, [...ids].sort(), circumstances, policy, baseline, options);
  } finally {
    store.close();
  }
}

interface Share {
  readonly folder: string;
  readonly summary: Summary;
}

function readSummary(folder: string): Summary {
  try {
    return JSON.parse(readFileSync(join(folder, 'summary.json'), 'utf8'));
  } catch (error) {
    throw new AuditError(`no complete results in ${folder}: ${error instanceof Error ? error.message : error}`);
  }
}

function check(shares: readonly Share[]): void {
  const [first] = shares;
  for (const { folder, summary } of shares) {
    if (!isDeepStrictEqual(summary.options, first.summary.options) || summary.lastack !== first.summary.lastack) {
      throw new AuditError(`${folder} was made with another version or other options than ${first.folder}`);
    }
  }
  const given = new Set(shares.map(({ summary }) => summary.shard));
  const count = Number(first.summary.shard?.split('/')[1] ?? 0);
  const missing = Array.from({ length: count }, (_, i) => `${i + 1}/${count}`).filter((name) => !given.has(name));
  if (missing.length > 0) throw new AuditError(`these shares are missing: ${missing.join(', ')}`);
  if (count > 0 && given.size !== count)
    throw new AuditError(`these are shares of different batches: ${[...given].join(', ')}`);
}
