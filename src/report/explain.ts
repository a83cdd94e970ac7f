import type { CatalogueEntry } from '../findings/catalogue-entry.js';
import { type FindingKind, PHASES, type Phase } from '../findings/finding.js';
import { PLAIN, SEVERITY_MARK, type Style } from './style.js';
import { padEnd, wrap } from './width.js';

export interface ExplainOptions {
  readonly width?: number;
  readonly style?: Style;
}

const MOST_TEXT = 100;

const PHASE_TITLES: Readonly<Record<Phase, string>> = {
  opening: 'Opening',
  established: 'While established',
  closing: 'Closing',
  'across-flows': 'Across connections',
  capture: 'The capture itself',
};

/** All that is known of one kind of finding. */
export function explainKind(entry: CatalogueEntry, options: ExplainOptions = {}): string {
  const width = Math.min(MOST_TEXT, options.width ?? 80);
  const style = options.style ?? PLAIN;
  const lines = [
    `${style(entry.severity, `${SEVERITY_MARK[entry.severity]} ${entry.kind}`)}   ${entry.severity}, ${PHASE_TITLES[entry.phase].toLowerCase()}`,
    style('strong', entry.title),
    '',
    ...wrap(entry.meaning, width),
  ];
  const section = (title: string, items: readonly string[]) => {
    if (items.length > 0) lines.push('', style('strong', title), ...items);
  };
  section(
    'Causes, the likeliest first',
    entry.causes.flatMap((cause, index) => hanging(`${index + 1}. `, cause, width)),
  );
  section(
    'What to check',
    entry.checks.flatMap(({ host, command, why }) => [
      `  ${padEnd(`${host}:`, 8)} ${command}`,
      ...wrap(why, width - 11).map((line) => `${' '.repeat(11)}${style('quiet', line)}`),
    ]),
  );
  section(
    'Kernel settings',
    entry.settings.flatMap(({ name, effect }) => [`  ${name}`, ...hanging('  ', effect, width)]),
  );
  section(
    'References',
    entry.references.flatMap((reference) => hanging('', reference, width)),
  );
  return `${lines.join('\n')}\n`;
}

/** All kinds by phase of a connection's life, one a line. */
export function explainList(
  catalogue: Readonly<Record<FindingKind, CatalogueEntry>>,
  options: ExplainOptions = {},
): string {
  const style = options.style ?? PLAIN;
  const entries = Object.values(catalogue);
  const column = Math.max(0, ...entries.map((entry) => entry.kind.length));
  const blocks = PHASES.map((phase) => ({ phase, of: entries.filter((entry) => entry.phase === phase) }))
    .filter(({ of }) => of.length > 0)
    .map(({ phase, of }) => [
      style('strong', PHASE_TITLES[phase]),
      ...of.flatMap((entry) => {
        const name = `  ${style(entry.severity, `${SEVERITY_MARK[entry.severity]} ${padEnd(entry.kind, column)}`)}  `;
        const indent = column + 6;
        return wrap(entry.title, Math.max(20, (options.width ?? 80) - indent)).map(
          (line, index) => (index === 0 ? name : ' '.repeat(indent)) + line,
        );
      }),
    ]);
  const legend = `${Object.entries(SEVERITY_MARK)
    .map(([severity, mark]) => `${mark} ${severity}`)
    .join('   ')}`;
  return `${blocks.map((block) => block.join('\n')).join('\n\n')}\n\n${legend}\n`;
}

function hanging(mark: string, text: string, width: number): string[] {
  const indent = 2 + mark.length;
  return wrap(text, width - indent).map((line, index) => (index === 0 ? `  ${mark}` : ' '.repeat(indent)) + line);
}
