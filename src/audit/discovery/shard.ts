/** One of several shares of a batch. */
export interface Shard {
  /** From 1. */
  readonly index: number;
  readonly count: number;
}

/** Whether what has this hash belongs to the share: by content, so that every machine decides alike without asking. */
export function isInShard(hash: string, shard: Shard | null): boolean {
  return shard === null || Number.parseInt(hash.slice(0, 12), 16) % shard.count === shard.index - 1;
}
