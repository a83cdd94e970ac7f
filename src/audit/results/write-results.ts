import { writeFileSync } from 'node:fs';
import { toJson } from '../../report/escape.js';
import { replaceFile } from '../store/replace-file.js';
import type { Store } from '../store/store.js';
import { joinFindingsCsv } from './findings-csv.js';
import { junit } from './junit.js';
import { reportMarkdown } from './report-markdown.js';
import type { Summary } from './summary.js';

/** Writes what is made of all captures together; the summary, which says that the folder is complete, last. */
export function writeResults(store: Store, summary: Summary): void {
  const parts = summary.captures.map(({ id }) => store.findingsCsv(id));
  replaceFile(store.final('findings.csv'), (path) => joinFindingsCsv(path, parts));
  const texts = [
    ['report.md', reportMarkdown(summary)],
    ['junit.xml', junit(summary)],
    ['summary.json', `${toJson(summary, 1)}\n`],
  ] as const;
  for (const [name, text] of texts) replaceFile(store.final(name), (path) => writeFileSync(path, text));
}
