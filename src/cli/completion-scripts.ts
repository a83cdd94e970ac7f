import type { CommandEntry, OptionEntry, Values } from './command-tree.js';

/** Writes the completion script of one shell for these commands. */
export type CompletionScript = (commands: readonly CommandEntry[]) => string;

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

export const COMPLETION_SCRIPTS: Readonly<Record<Shell, CompletionScript>> = { bash, zsh, fish };

const names = ({ short, long }: OptionEntry): string[] => [short, long].filter((name) => name !== null);
const words = (values: Values | null): string => (Array.isArray(values) ? values.join(' ') : '');

function bash(commands: readonly CommandEntry[]): string {
  const list = (values: Values | null): string => {
    if (values === 'file') return 'COMPREPLY=($(compgen -f -- "$word"))';
    if (values === 'folder') return 'COMPREPLY=($(compgen -d -- "$word"))';
    return Array.isArray(values) ? `COMPREPLY=($(compgen -W '${words(values)}' -- "$word"))` : 'COMPREPLY=()';
  };
  const cases = commands.map(({ name, options, values }) => {
    const valued = options.filter((option) => option.values !== null);
    const after = valued.map((option) => `        ${names(option).join('|')}) ${list(option.values)}; return ;;`);
    return [
      `    ${name})`,
      '      case "$before" in',
      ...after,
      '      esac',
      `      if [[ $word == -* ]]; then COMPREPLY=($(compgen -W '${options.flatMap(names).join(' ')}' -- "$word"))`,
      `      else ${list(values)}; fi ;;`,
    ].join('\n');
  });
  return `# bash completion for lastack: source it, or put it into /etc/bash_completion.d
_lastack() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]}
  if ((COMP_CWORD == 1)); then
    COMPREPLY=($(compgen -W '${commands.map(({ name }) => name).join(' ')} --help --version' -- "$word"))
    return
  fi
  case \${COMP_WORDS[1]} in
${cases.join('\n')}
  esac
}
complete -o filenames -F _lastack lastack
`;
}

function zsh(commands: readonly CommandEntry[]): string {
  const quoted = (text: string): string => text.replaceAll("'", `'\\''`);
  const inBrackets = (text: string): string => quoted(text.replace(/[[\]\\:]/g, '\\$&'));
  const action = (values: Values): string => {
    if (values === 'file') return ':file:_files';
    if (values === 'folder') return ':folder:_files -/';
    return values === 'any' ? ':value:' : `:value:(${words(values)})`;
  };
  const option = ({ short, long, description, values }: OptionEntry): string => {
    const both = short !== null && long !== null ? `'(${short} ${long})'{${short},${long}}'` : `'${short ?? long}`;
    return `        ${both}[${inBrackets(description)}]${values === null ? '' : action(values)}'`;
  };
  const described = commands.map(({ name, description }) => `    '${name}:${inBrackets(description)}'`);
  const cases = commands.map(({ name, options, values }) => {
    const rest = values === null ? [] : [`        '*${action(values)}'`];
    return `    ${name})\n      _arguments \\\n${[...options.map(option), ...rest].join(' \\\n')} ;;`;
  });
  return `#compdef lastack
# zsh completion for lastack: put it into a folder of $fpath as _lastack
_lastack() {
  local -a commands
  commands=(
${described.join('\n')}
  )
  if ((CURRENT == 2)); then
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  ((CURRENT--))
  case $command in
${cases.join('\n')}
  esac
}
if [[ $funcstack[1] == _lastack ]]; then _lastack "$@"; else compdef _lastack lastack; fi
`;
}

function fish(commands: readonly CommandEntry[]): string {
  const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  const takes = (values: Values | null): string => {
    if (values === null) return '';
    if (values === 'file') return ' -r -F';
    if (values === 'folder') return " -x -a '(__fish_complete_directories)'";
    return values === 'any' ? ' -x' : ` -x -a ${quoted(words(values))}`;
  };
  const lines = commands.flatMap(({ name, description, options, values }) => {
    const here = `complete -c lastack -n '__fish_seen_subcommand_from ${name}'`;
    const argument =
      values === 'file' ? `${here} -F` : `${here} -f${values === null ? '' : ` -a ${quoted(words(values))}`}`;
    return [
      `complete -c lastack -n __fish_use_subcommand -f -a ${name} -d ${quoted(description)}`,
      argument,
      ...options.map(({ short, long, description: what, values: after }) => {
        const flags = `${short === null ? '' : ` -s ${short.slice(1)}`}${long === null ? '' : ` -l ${long.slice(2)}`}`;
        return `${here}${flags}${takes(after)} -d ${quoted(what)}`;
      }),
    ];
  });
  return `# fish completion for lastack: put it into ~/.config/fish/completions as lastack.fish\n${lines.join('\n')}\n`;
}
