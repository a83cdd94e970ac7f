// Writes dist/lastack.1, the man page, from what the commands themselves say. Run by `npm run build`.
import { readFileSync, writeFileSync } from 'node:fs';
import { Writable } from 'node:stream';
import { buildProgram } from '../dist/cli/program.js';
import * as library from '../dist/index.js';

/** @import { Argument, Command, Option } from 'commander' */

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

/** What a command's help prints behind its options. */
class Sink extends Writable {
  columns = 80;
  text = '';

  /**
   * @param {Buffer} chunk
   * @param {string} _encoding
   * @param {() => void} done
   */
  _write(chunk, _encoding, done) {
    this.text += chunk.toString();
    done();
  }
}

const stdout = new Sink();
const context = { library, version, stdout, stderr: new Sink(), env: {}, signal: new AbortController().signal };
const program = buildProgram(context, () => {});
const help = program.createHelp();

/**
 * Text for roff: a backslash, a leading dot or quote and a hyphen mean something there.
 * @param {string} text
 */
const roff = (text) =>
  text.replaceAll('\\', '\\e').replaceAll('-', '\\-').replace(/^[.']/gm, '\\&$&').replaceAll('…', '...');

/** @param {Option} option */
const optionLines = (option) => {
  const choices = option.argChoices ? ` (${option.argChoices.join(', ')})` : '';
  const byDefault =
    option.defaultValue === undefined || option.defaultValue === true ? '' : ` Default: ${option.defaultValue}.`;
  return ['.TP', `.B ${roff(option.flags)}`, roff(`${option.description}${choices}.${byDefault}`)];
};

/** @param {Argument} argument */
const argumentText = (argument) => {
  const name = `${argument.name()}${argument.variadic ? '...' : ''}`;
  return argument.required ? name : `[${name}]`;
};

/**
 * What stands behind the options in a command's help: paragraphs, and examples.
 * @param {Command} command
 */
function after(command) {
  stdout.text = '';
  command.outputHelp();
  const [, rest = ''] = /-h, --help +.*\n([\s\S]*)$/.exec(stdout.text) ?? [];
  return rest.replace(/^\s*Commands:[\s\S]*?\n\n/, '').trim();
}

/** @param {string} text */
function prose(text) {
  if (text === '') return [];
  return ['.PP', '.nf', roff(text), '.fi'];
}

const commands = help.visibleCommands(program).filter((command) => command.name() !== 'help');
const lines = [
  `.TH LASTACK 1 "" "lastack ${version}" "User Commands"`,
  '.SH NAME',
  'lastack \\- post\\-mortems for TCP connections',
  '.SH SYNOPSIS',
  ...commands.flatMap((command) => [
    `.B lastack ${roff(command.name())}`,
    roff(['[options]', ...command.registeredArguments.map(argumentText)].join(' ')),
    '.br',
  ]),
  '.SH DESCRIPTION',
  roff(program.description()),
  '.SH COMMANDS',
  ...commands.flatMap((command) => [
    `.SS lastack ${roff(command.name())}`,
    roff(`${command.description()}.`),
    ...help.visibleOptions(command).flatMap(optionLines),
    ...prose(after(command)),
  ]),
  '.SH EXIT STATUS AND EXAMPLES',
  ...prose(after(program)),
  '.SH SEE ALSO',
  '.BR tcpdump (8),',
  '.BR tshark (1),',
  '.BR ss (8)',
  '',
];
writeFileSync(new URL('../dist/lastack.1', import.meta.url), lines.join('\n'));
