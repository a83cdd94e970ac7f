/** Sixteen-bit red, green, blue, as Wireshark's colorfilters file has them. */
type Colour = readonly [number, number, number];

interface Rule {
  readonly name: string;
  readonly filter: string;
  readonly background: Colour;
  readonly foreground: Colour;
}

const BLACK: Colour = [0x1212, 0x2727, 0x2e2e];
const WHITE: Colour = [0xffff, 0xffff, 0xffff];

/** The first rule that fits colours a frame: worst first. */
const RULES: readonly Rule[] = [
  rule('error', [0xa4a4, 0x0000, 0x0000], WHITE),
  rule('warning', [0xfcfc, 0xafaf, 0x3e3e], BLACK),
  rule('notice', [0xfcfc, 0xe9e9, 0x4f4f], BLACK),
  rule('evidence', [0xffff, 0xe4e4, 0xc4c4], BLACK),
  rule('info', [0xdada, 0xeeee, 0xffff], BLACK),
  rule('state', [0xe4e4, 0xffff, 0xc7c7], BLACK),
];

function rule(word: string, background: Colour, foreground: Colour): Rule {
  return { name: `lastack ${word}`, filter: `frame.comment contains "lastack ${word}"`, background, foreground };
}

/** Wireshark's `colorfilters` file for captures that `annotate` wrote. */
export function colourFilters(): string {
  const colour = (of: Colour) => `[${of.join(',')}]`;
  const lines = RULES.map(
    ({ name, filter, background, foreground }) => `@${name}@${filter}@${colour(background)}${colour(foreground)}\n`,
  );
  return `# Colours for captures that lastack annotated.\n${lines.join('')}`;
}

/** Wireshark's `preferences` file: the comments in a column of the packet list. */
export function preferences(): string {
  const columns = [
    ['No.', '%m'],
    ['Time', '%t'],
    ['Source', '%s'],
    ['Destination', '%d'],
    ['Protocol', '%p'],
    ['Length', '%L'],
    ['Info', '%i'],
    ['lastack', '%Cus:frame.comment:0:R'],
  ];
  const list = columns.map((words) => words.map((word) => `"${word}"`).join(', ')).join(',\n\t');
  return `# Columns for captures that lastack annotated.\ngui.column.format: \n\t${list}\n`;
}

/** The files of a Wireshark profile, by name. */
export const wiresharkProfile = (): Readonly<Record<string, string>> => ({
  colorfilters: colourFilters(),
  preferences: preferences(),
});
