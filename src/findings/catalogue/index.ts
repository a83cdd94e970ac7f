import type { CatalogueEntry } from '../catalogue-entry.js';
import type { FindingKind } from '../finding.js';
import { ACROSS_FLOWS } from './across-flows.js';
import { CAPTURE } from './capture.js';
import { CLOSING } from './closing.js';
import { ESTABLISHED } from './established.js';
import { OPENING } from './opening.js';

/** What the product knows about every kind of finding. Kernel facts hold for Linux 6.18 unless a version is named. */
export const CATALOGUE: Readonly<Record<FindingKind, CatalogueEntry>> = {
  ...OPENING,
  ...ESTABLISHED,
  ...CLOSING,
  ...ACROSS_FLOWS,
  ...CAPTURE,
};
