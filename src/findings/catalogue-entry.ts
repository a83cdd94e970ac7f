import type { FindingKind, Phase, Severity } from './finding.js';

/** What the product knows about one kind of finding, for `lastack explain`. */
export interface CatalogueEntry {
  readonly kind: FindingKind;
  readonly phase: Phase;
  /** The severity it has unless the evidence says otherwise. */
  readonly severity: Severity;
  /** A headline of at most 60 characters, as the summary shows it. */
  readonly title: string;
  /** Two or three sentences: what is seen on the wire and what it means for both ends. */
  readonly meaning: string;
  /** Possible causes, the likeliest first. */
  readonly causes: readonly string[];
  /** What to run or look at, each with the host it belongs to. */
  readonly checks: readonly {
    readonly host: 'client' | 'server' | 'both' | 'path';
    readonly command: string;
    readonly why: string;
  }[];
  /** Kernel settings that matter, and what they do today. */
  readonly settings: readonly { readonly name: string; readonly effect: string }[];
  /** RFC sections, kernel source files, manual pages. */
  readonly references: readonly string[];
}
