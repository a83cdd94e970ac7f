import { readFileSync } from 'node:fs';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { FINDING_KINDS, type FindingKind } from '../findings/finding.js';
import type { Options } from '../index.js';
import { parseDuration } from '../report/units.js';
import { UsageError } from './exit.js';
import type { Library } from './library.js';
import { nearest } from './nearest.js';

type KeyPart = NonNullable<Options['key']>[number];

const KEY_PARTS: readonly KeyPart[] = ['vlan', 'tunnel'];
const PROFILES: readonly NonNullable<Options['profile']>[] = ['linux', 'rfc9293', 'windows'];
const READERS: readonly NonNullable<Options['reader']>[] = ['native', 'pcap-parser'];

type Thresholds = NonNullable<Options['thresholds']>;

/** What commander makes of the options that say which connections, and how captures are read. */
export interface CaptureOptions {
  readonly output?: string;
  readonly filter?: string;
  readonly flow?: ReadonlySet<number>;
  readonly finding?: ReadonlySet<FindingKind>;
  readonly around?: ReadonlySet<number>;
  readonly profile: NonNullable<Options['profile']>;
  readonly sysctl?: readonly SysctlFile[];
  readonly threshold?: Thresholds;
  readonly verifyChecksums?: boolean;
  readonly maxFlows?: number;
  /** Nanoseconds. */
  readonly reorder?: number;
  readonly key?: readonly KeyPart[];
  readonly reader: NonNullable<Options['reader']>;
  readonly quiet?: boolean;
}

/** The same with the options of text. */
export interface CommonOptions extends CaptureOptions {
  readonly format: string;
  readonly width?: number;
  readonly color: boolean;
}

interface SysctlFile {
  /** Null for both hosts. */
  readonly side: 'client' | 'server' | null;
  readonly path: string;
}

/** Adds the shared options to `command`; `formats` are its own, the default first. */
export function addCommonOptions(command: Command, library: Library, formats: readonly string[]): Command {
  return addCaptureOptions(addOutputOptions(command, formats), library);
}

/** Adds the options that say which connections, and how captures are read. */
export function addCaptureOptions(command: Command, library: Library): Command {
  return addReadingOptions(command, library)
    .option('--flow <number>', 'only this flow; repeat it, or separate by commas', flowNumbers)
    .option('--finding <kind>', 'only flows with this finding; repeat it, or separate by commas', findingKinds)
    .option(
      '--around <frame>',
      'only the connection that this frame belongs to; repeat it, or separate by commas',
      frames,
    );
}

/** Adds the options that say how captures are read. */
export function addReadingOptions(command: Command, library: Library): Command {
  return command
    .option('--filter <expression>', "only these segments, in tcpdump's words: host, net, port, src, dst, and, or, not")
    .addOption(new Option('--profile <name>', 'whose timers the hosts have').choices(PROFILES).default('linux'))
    .option(
      '--sysctl <file>',
      'what `sysctl -a` prints on the hosts; client=FILE or server=FILE for one of them',
      sysctlFile,
    )
    .option(
      '--threshold <name=duration>',
      `from when on something is worth a finding: ${thresholdNames(library)}`,
      thresholdParser(library),
    )
    .option(
      '--verify-checksums',
      'pass over packets with a wrong checksum, which by default count: network cards fill them in',
    )
    .option(
      '--max-flows <number>',
      `connections to follow at a time, at most; beyond them the longest silent are given up (default: ${library.DEFAULT_MAX_FLOWS})`,
      maxFlows,
    )
    .option(
      '--key <parts>',
      'tell connections of the same addresses and ports apart by what they were seen in: vlan, tunnel, or both with a comma',
      keyParts,
    )
    .option(
      '--reorder <window>',
      "put each capture's frames in the order of their times, as far as they are no further apart than this: 10ms",
      duration,
    )
    .addOption(new Option('--reader <name>', 'what reads the file').choices(READERS).default('native'));
}

/** Adds the options that a command has which reads no capture, too. */
export function addOutputOptions(command: Command, formats: readonly string[]): Command {
  return command
    .addOption(new Option('--format <format>', 'what to print').choices(formats).default(formats[0]))
    .option('-o, --output <file>', 'write the results there instead of standard output')
    .option('--width <columns>', 'columns of text (default: of the terminal, else 80)', columns)
    .option('-q, --quiet', 'no progress and no remarks; errors are still told')
    .option('--no-color', 'no colours (also: NO_COLOR in the environment)');
}

/** The library's options. Throws UsageError for a settings file that cannot be read. */
export function libraryOptions(options: CaptureOptions): Options {
  const select: NonNullable<Options['select']> = {
    ...(options.flow && { flows: options.flow }),
    ...(options.finding && { kinds: options.finding }),
    ...(options.around && { frames: options.around }),
  };
  return {
    reader: options.reader,
    profile: options.profile,
    ...(options.verifyChecksums && { verifyChecksums: true }),
    ...(options.maxFlows !== undefined && { maxFlows: options.maxFlows }),
    ...(options.key && { key: options.key }),
    ...(options.reorder !== undefined && { reorder: options.reorder / 1e9 }),
    ...(options.sysctl && { sysctl: readSysctl(options.sysctl) }),
    ...(options.threshold && { thresholds: options.threshold }),
    ...(options.filter !== undefined && { filter: options.filter }),
    ...((options.flow || options.finding || options.around) && { select }),
  };
}

/** `kind` where there is such a finding. Throws InvalidArgumentError with the nearest one otherwise. */
export function findingKind(kind: string): FindingKind {
  const found = FINDING_KINDS.find((known) => known === kind);
  if (found !== undefined) return found;
  const close = nearest(kind, FINDING_KINDS);
  const hint = close === null ? 'lastack explain lists them' : `did you mean ${close}?`;
  throw new InvalidArgumentError(`There is no finding '${kind}': ${hint}`);
}

/** A duration above 0, in nanoseconds. */
export function duration(text: string): number {
  const nanoseconds = parsed(text);
  if (!(nanoseconds > 0)) throw new InvalidArgumentError('It must be longer than nothing.');
  return nanoseconds;
}

const flowNumbers = numbersOf('Flows');
const frames = numbersOf('Frames');

function numbersOf(what: string) {
  return (text: string, before: ReadonlySet<number> = new Set()): ReadonlySet<number> => {
    const numbers = text.split(',').map((word) => {
      if (!/^[1-9]\d{0,14}$/.test(word.trim())) throw new InvalidArgumentError(`${what} are numbered from 1.`);
      return Number(word);
    });
    return new Set([...before, ...numbers]);
  };
}

function findingKinds(text: string, before: ReadonlySet<FindingKind> = new Set()): ReadonlySet<FindingKind> {
  return new Set([...before, ...text.split(',').map((kind) => findingKind(kind.trim()))]);
}

function keyParts(text: string, before: readonly KeyPart[] = []): readonly KeyPart[] {
  const parts = text.split(',').map((word) => {
    const part = KEY_PARTS.find((known) => known === word.trim());
    if (part === undefined)
      throw new InvalidArgumentError(`It is made of ${KEY_PARTS.join(' and ')}, with a comma between.`);
    return part;
  });
  return [...new Set([...before, ...parts])];
}

function sysctlFile(text: string, before: readonly SysctlFile[] = []): readonly SysctlFile[] {
  const side = text.startsWith('client=') ? 'client' : text.startsWith('server=') ? 'server' : null;
  const path = side === null ? text : text.slice(side.length + 1);
  if (path === '') throw new InvalidArgumentError('It needs the name of a file.');
  return [...before, { side, path }];
}

function readSysctl(files: readonly SysctlFile[]): NonNullable<Options['sysctl']> {
  const texts: Partial<Record<'client' | 'server', string>> = {};
  for (const { side, path } of files) {
    const text = readText(path);
    for (const host of side === null ? (['client', 'server'] as const) : [side])
      texts[host] = `${texts[host] ?? ''}${text}\n`;
  }
  return texts;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new UsageError(`cannot read the settings in ${path}: ${error instanceof Error ? error.message : error}`, {
      cause: error,
    });
  }
}

function maxFlows(text: string): number {
  if (!/^[1-9]\d{0,7}$/.test(text)) throw new InvalidArgumentError('It must be a number from 1 to 99999999.');
  return Number(text);
}

export function threads(text: string): number {
  if (!/^[1-9]\d?$/.test(text)) throw new InvalidArgumentError('It must be a number from 1 to 99.');
  return Number(text);
}

function columns(text: string): number {
  if (!/^\d{2,4}$/.test(text)) throw new InvalidArgumentError('It must be a number of columns.');
  return Number(text);
}

/** `closeWait` is `close-wait` on the command line. */
const optionName = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

function thresholdNames(library: Library): string {
  return Object.entries(library.DEFAULT_THRESHOLDS)
    .map(([name, value]) => `${optionName(name)}=${value}`)
    .join(', ');
}

function thresholdParser(library: Library) {
  const names = new Map(Object.keys(library.DEFAULT_THRESHOLDS).map((name) => [optionName(name), name]));
  return (text: string, before: Thresholds = {}): Thresholds => {
    const [word, value] = text.split('=', 2);
    const name = names.get(word);
    if (name === undefined) {
      const close = nearest(word, [...names.keys()]);
      throw new InvalidArgumentError(
        `There is no threshold '${word}'${close === null ? '' : `: did you mean ${close}?`}`,
      );
    }
    if (!value) throw new InvalidArgumentError(`It is written ${word}=DURATION.`);
    // A bare number counts in the threshold's own unit, seconds for a time.
    return { ...before, [name]: /^\d+(\.\d+)?$/.test(value) ? Number(value) : parsed(value) / 1e9 };
  };
}

function parsed(text: string): number {
  try {
    return parseDuration(text);
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
  }
}
