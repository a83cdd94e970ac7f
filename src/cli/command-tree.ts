import type { Argument, Command, Option } from 'commander';
import { FINDING_KINDS } from '../findings/finding.js';

/** What may follow an option, or stand as an argument. */
export type Values = 'file' | 'folder' | 'any' | readonly string[];

export interface OptionEntry {
  /** With its dashes; null where there is none. */
  readonly short: string | null;
  readonly long: string | null;
  readonly description: string;
  /** Null where it takes no value. */
  readonly values: Values | null;
}

export interface CommandEntry {
  readonly name: string;
  readonly description: string;
  readonly options: readonly OptionEntry[];
  /** Of its arguments: what the first one takes, and every other. */
  readonly values: Values | null;
}

/** The commands of `program` with their options, as its own help lists them. */
export function commandTree(program: Command): CommandEntry[] {
  const help = program.createHelp();
  return help.visibleCommands(program).map((command) => ({
    name: command.name(),
    description: command.description(),
    options: help.visibleOptions(command).map(optionEntry),
    values: command.name() === 'help' ? null : argumentValues(command.registeredArguments[0]),
  }));
}

function optionEntry(option: Option): OptionEntry {
  const { short = null, long = null, description } = option;
  return { short, long, description, values: optionValues(option) };
}

function optionValues({ required, optional, argChoices, long, flags }: Option): Values | null {
  if (!required && !optional) return null;
  if (argChoices !== undefined) return argChoices;
  if (long === '--finding') return FINDING_KINDS;
  if (flags.includes('<file>')) return 'file';
  return flags.includes('<folder>') ? 'folder' : 'any';
}

function argumentValues(argument: Argument | undefined): Values | null {
  if (argument === undefined) return null;
  if (argument.argChoices !== undefined) return argument.argChoices;
  return argument.name() === 'kind' ? FINDING_KINDS : 'file';
}
