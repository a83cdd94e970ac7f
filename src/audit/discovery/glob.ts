import { readdirSync } from 'node:fs';
import { join } from 'node:path';

const MAGIC = /[*?[]/;

/** Whether a path has one of the signs that stand for more than themselves. */
export const isGlob = (path: string): boolean => MAGIC.test(path);

/**
 * Paths that a pattern stands for, sorted: `*` and `?` within a name, `[abc]` one of them, `**` any folders or none. As in a
 * shell, names that begin with a dot are only matched by a pattern that does.
 */
export function expandGlob(pattern: string): string[] {
  const segments = pattern.split('/');
  const found = new Set<string>();
  if (segments[0] === '') match('/', segments.slice(1), found);
  else match('', segments, found);
  return [...found].sort();
}

function match(folder: string, [segment, ...rest]: readonly string[], found: Set<string>): void {
  if (segment === undefined) {
    found.add(folder);
    return;
  }
  if (segment === '**') {
    match(folder, rest.length > 0 ? rest : ['*'], found);
    for (const entry of entriesOf(folder)) {
      // Folders behind links are not walked into: a link may lead back.
      if (entry.isDirectory() && !entry.name.startsWith('.')) match(join(folder, entry.name), ['**', ...rest], found);
    }
  } else if (isGlob(segment)) {
    const fits = nameMatcher(segment);
    for (const { name } of entriesOf(folder)) if (fits(name)) match(join(folder, name), rest, found);
  } else {
    const parent = entriesOf(folder);
    if (segment === '..' || segment === '.' || segment === '' || parent.some(({ name }) => name === segment)) {
      match(folder === '' && segment === '' ? '/' : joined(folder, segment), rest, found);
    }
  }
}

/** Like `join`, but keeps the `./` and `../` that were typed. */
const joined = (folder: string, name: string): string =>
  folder === '' ? name : `${folder.replace(/\/$/, '')}/${name}`;

function entriesOf(folder: string) {
  try {
    return readdirSync(folder === '' ? '.' : folder, { withFileTypes: true });
  } catch {
    // Not a folder, or not for us to read: nothing there matches.
    return [];
  }
}

function nameMatcher(pattern: string): (name: string) => boolean {
  const source = pattern.replace(/\[!?[^\]]+\]|[*?]|[^*?[]+|\[/g, (part) => {
    if (part === '*') return '[^/]*';
    if (part === '?') return '[^/]';
    if (part.length > 2 && part.startsWith('[')) {
      const negated = part[1] === '!';
      const members = part.slice(negated ? 2 : 1, -1).replace(/[\\^[]/g, '\\$&');
      return `[${negated ? '^' : ''}${members}]`;
    }
    return part.replace(/[.+^${}()|\\[\]]/g, '\\$&');
  });
  const expression = new RegExp(`^${source}$`, 'su');
  return (name) => (pattern.startsWith('.') || !name.startsWith('.')) && expression.test(name);
}
