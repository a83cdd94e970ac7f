/** The part of Mermaid's sequence diagrams that lastack writes (mermaid.js.org/syntax/sequenceDiagram). */
const ID = '[A-Za-z][A-Za-z0-9]*';
/** A line ends at `;`, and `#` begins an entity; comments begin with `%%`, directives with `%%{`. */
const TEXT = String.raw`(?:[^#;%{}<>\n]|#\d+;)+`;
const ARROW = String.raw`(?:->>|-->>|-x|--x|-\)|--\))`;
const STATEMENTS = [
  new RegExp(`^    participant (?<id>${ID}) as ${TEXT}$`),
  new RegExp(`^    Note over (?<id>${ID})(?:,(?<other>${ID}))?: ${TEXT}$`),
  new RegExp(`^    (?<id>${ID})${ARROW}(?<other>${ID}): ${TEXT}$`),
];
/** Words that would be keywords at the start of a statement. */
const KEYWORDS =
  /^(end|loop|alt|else|opt|par|and|rect|critical|option|break|box|activate|deactivate|autonumber|title)$/i;

/** What is wrong with a sequence diagram; empty where nothing is. */
export function mermaidFaults(text: string): string[] {
  const [header, ...lines] = text.replace(/\n$/, '').split('\n');
  const faults = header === 'sequenceDiagram' ? [] : [`not a sequence diagram: ${header}`];
  const known = new Set<string>();
  for (const line of lines) {
    const match = STATEMENTS.map((statement) => statement.exec(line)).find((found) => found !== null);
    if (!match?.groups) {
      faults.push(`no statement: ${line}`);
      continue;
    }
    const { id, other } = match.groups;
    if (line.startsWith('    participant')) known.add(id);
    for (const used of [id, other]) {
      if (used === undefined) continue;
      if (!known.has(used)) faults.push(`not declared: ${used}`);
      if (KEYWORDS.test(used)) faults.push(`a keyword: ${used}`);
    }
  }
  return faults;
}
