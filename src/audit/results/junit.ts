import { escapeText } from '../../report/escape.js';
import type { CaptureSummaryJson, Summary } from './summary.js';

interface Case {
  readonly name: string;
  /** Null where all is well. */
  readonly problem: { readonly tag: 'failure' | 'error'; readonly message: string; readonly detail: string } | null;
}

/**
 * JUnit XML as pipelines read it: a case for each limit of the policy and one for its changes against the baseline (failed
 * where violated), and one for each capture (an error where it could not be read to its end).
 */
export function junit(summary: Summary): string {
  const suites = [suite('policy', policyCases(summary)), suite('captures', captureCases(summary))];
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="lastack audit">\n${suites.join('')}</testsuites>\n`;
}

function policyCases({ policy }: Summary): Case[] {
  if (policy === null) return [];
  const limits = policy.limits.map(({ line, limit, holds, measured }): Case => {
    const place = `${policy.path}:${line}`;
    const problem = { tag: 'failure', message: `${place}: ${limit}`, detail: measured.join('\n') } as const;
    return { name: `${limit} (line ${line})`, problem: holds ? null : problem };
  });
  const { regressions } = policy;
  const message = `${regressions.length} new or worse`;
  const changes: Case = {
    name: 'no change for the worse against the baseline',
    problem: regressions.length === 0 ? null : { tag: 'failure', message, detail: regressions.join('\n') },
  };
  return [...limits, changes];
}

function captureCases({ captures, unreadable }: Summary): Case[] {
  return [
    ...captures.map((capture): Case => ({ name: nameOf(capture), problem: problemOf(capture) })),
    ...unreadable.map(({ path, error }): Case => {
      return { name: path, problem: { tag: 'error', message: error.message, detail: error.code } };
    }),
  ];
}

function nameOf({ id, files }: CaptureSummaryJson): string {
  const more = files.length > 1 ? ` and ${files.length - 1} more` : '';
  return `${files[0].path}${more} (${id})`;
}

function problemOf({ complete, files }: CaptureSummaryJson): Case['problem'] {
  if (complete) return null;
  const errors = files.flatMap(({ path, complete: whole, error }) =>
    whole ? [] : [error === null ? `${path}: not read to its end` : error.message],
  );
  return { tag: 'error', message: errors[0], detail: errors.join('\n') };
}

function suite(name: string, cases: readonly Case[]): string {
  const count = (tag: string): number => cases.filter(({ problem }) => problem?.tag === tag).length;
  const head = `  <testsuite name="${name}" tests="${cases.length}" failures="${count('failure')}" errors="${count('error')}">\n`;
  return `${head}${cases.map((one) => caseXml(name, one)).join('')}  </testsuite>\n`;
}

function caseXml(suiteName: string, { name, problem }: Case): string {
  const head = `    <testcase classname="lastack.${suiteName}" name="${xml(name)}"`;
  if (problem === null) return `${head}/>\n`;
  const { tag, message, detail } = problem;
  return `${head}>\n      <${tag} message="${xml(message)}">${detail.split('\n').map(xml).join('\n')}</${tag}>\n    </testcase>\n`;
}

/** `text` as content or attribute; characters that XML cannot hold are shown as escapes. */
function xml(text: string): string {
  const safe = escapeText(text).replace(/[\ufffe\uffff]/g, '\ufffd');
  return safe.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
