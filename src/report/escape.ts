/**
 * What a terminal would obey or hide instead of showing: control characters, separators of lines, marks that turn the
 * direction of text around, characters without width, tags, and halves of surrogate pairs.
 */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** Most text is like this, and known to be safe in a fraction of the time. */
const PRINTABLE_ASCII = /^[ -~]*$/;

/** `text` with every character that a terminal would obey or hide as a visible escape (`\x1b`, `\u202e`). */
export function escapeText(text: string): string {
  if (PRINTABLE_ASCII.test(text)) return text;
  return text.replace(UNSAFE, (character) => {
    const code = character.codePointAt(0) ?? 0;
    if (code < 0x100) return `\\x${hex(code, 2)}`;
    return code < 0x10000 ? `\\u${hex(code, 4)}` : `\\u{${hex(code, 5)}}`;
  });
}

/** `value` as JSON in ASCII wherever a terminal would obey or hide a character; it parses to the same value. */
export function toJson(value: unknown, indent = 0): string {
  // Line ends of the indentation are the only unsafe characters that JSON.stringify leaves outside of strings.
  const json = JSON.stringify(value, null, indent);
  if (PRINTABLE_ASCII.test(json)) return json;
  return json.replace(UNSAFE, (character) =>
    character === '\n' ? character : [...codeUnits(character)].map((unit) => `\\u${hex(unit, 4)}`).join(''),
  );
}

/** One cell of a CSV file (RFC 4180). Text that a spreadsheet would run as a formula gets a leading apostrophe. */
export function csvCell(value: string | number): string {
  if (typeof value === 'number') return String(value);
  const text = escapeText(value);
  const safe = /^[=+\-@]/.test(text) ? `'${text}` : text;
  return /[",]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** `text` as one word of a POSIX shell, quoted only where it must be. */
export function shellWord(text: string): string {
  if (/^[\w@%+=:,./-]+$/.test(text)) return text;
  const escaped = escapeText(text);
  if (escaped === text) return `'${text.replaceAll("'", `'\\''`)}'`;
  return `$'${escapeText(text.replaceAll('\\', '\\\\').replaceAll("'", "\\'"))}'`;
}

function* codeUnits(text: string): Iterable<number> {
  for (let i = 0; i < text.length; i++) yield text.charCodeAt(i);
}

const hex = (code: number, digits: number): string => code.toString(16).padStart(digits, '0');
