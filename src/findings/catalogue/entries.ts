import type { CatalogueEntry } from '../catalogue-entry.js';
import type { FindingKind, Phase } from '../finding.js';

type EntryText = Omit<CatalogueEntry, 'kind' | 'phase'>;

/** Completes the entries of one phase with the kind they stand under and that phase. */
export function entries<K extends FindingKind>(phase: Phase, texts: Record<K, EntryText>): Record<K, CatalogueEntry> {
  const completed = Object.entries<EntryText>(texts).map(([kind, text]) => [kind, { kind, phase, ...text }]);
  return Object.fromEntries(completed) as Record<K, CatalogueEntry>;
}
