import type * as lastack from '../index.js';

/** What the commands need of the library; tests put their own in its place. */
export type Library = Pick<
  typeof lastack,
  | 'flows'
  | 'flowText'
  | 'zeekFlows'
  | 'analyze'
  | 'socketsAtEnd'
  | 'compare'
  | 'extract'
  | 'annotate'
  | 'anonymizationKey'
  | 'randomAnonymizationKey'
  | 'wiresharkProfile'
  | 'CATALOGUE'
  | 'DEFAULT_THRESHOLDS'
  | 'DEFAULT_MAX_FLOWS'
>;
