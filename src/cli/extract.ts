import { readFileSync } from 'node:fs';
import { extname } from 'node:path';
import { type Command, Option } from 'commander';
import type { CaptureFormat, Extracted } from '../index.js';
import { type Context, judge, say } from './context.js';
import { UsageError } from './exit.js';
import { addCaptureOptions, type CaptureOptions } from './options.js';
import { runOnCaptures } from './run.js';

const EXAMPLES = `
Frames keep their bytes, times and link types. Connections are those that --flow, --finding, --filter
and --around select; all of them without. The captures are read twice: standard input is kept in a
temporary file for that.

--anonymize maps addresses so that networks stay networks, with a key from --key-file, from LASTACK_KEY
in the environment, or made up and forgotten. Payload, link addresses, IP options and cookies go; times,
ports, sequence numbers and timestamps stay, and so do both ends' states.

Examples:
  lastack extract dump.pcap --flow 7 -o flow7.pcapng
  lastack extract dump.pcap --finding synack-retries-exhausted --headers-only -o stuck.pcap
  lastack extract dump.pcap --around 1234 --anonymize --key-file secret -o share.pcapng
  lastack extract dump.pcap --flow 7 | wireshark -k -i -
`;

const FORMATS: readonly CaptureFormat[] = ['pcapng', 'pcap'];
const KEY_VARIABLE = 'LASTACK_KEY';

interface ExtractOptions extends CaptureOptions {
  readonly to?: CaptureFormat;
  readonly headersOnly?: boolean;
  readonly anonymize?: boolean;
  readonly keyFile?: string;
}

export function addExtract(program: Command, context: Context, done: (status: number) => void): void {
  const command = program
    .command('extract')
    .description('the frames of chosen connections as a capture of their own, to look into or to share')
    .argument('<capture...>', 'files that tcpdump wrote; - is standard input')
    .option('-o, --output <file>', 'write the capture there instead of standard output')
    .addOption(new Option('--to <format>', 'what to write (default: by the name of the output)').choices(FORMATS))
    .option('--headers-only', 'cut each frame behind its TCP header')
    .option('--anonymize', 'map addresses, remove payload and whatever else names somebody')
    .addOption(
      new Option('--key-file <file>', 'the secret that addresses are mapped with: the same secret, the same addresses')
        // Whoever names a key wants it used.
        .implies({ anonymize: true }),
    );
  addCaptureOptions(command, context.library)
    .option('-q, --quiet', 'no progress and no remarks; errors are still told')
    .addHelpText('after', EXAMPLES)
    .action(async (captures: string[], options: ExtractOptions) => done(await extract(context, captures, options)));
}

function extract(context: Context, captures: readonly string[], options: ExtractOptions): Promise<number> {
  const { library } = context;
  return runOnCaptures(context, captures, options, true, async (output, common) => {
    refuseTerminal(context, options.output);
    const format = formatByName(options.output);
    const result = await library.extract(captures, (bytes) => output.write(bytes), {
      ...common,
      to: options.to ?? format,
      ...(options.headersOnly && { headersOnly: true }),
      ...(options.anonymize && { anonymize: keyFor(context, options) }),
    });
    const status = judge(context, result.captures);
    if (!options.quiet) say(context, remark(result));
    return status;
  });
}

/** Bytes on a terminal help no one. Throws UsageError. */
export function refuseTerminal({ stdout }: Context, output: string | undefined): void {
  if (output === undefined && stdout.isTTY)
    throw new UsageError('a capture is not for a terminal: name a file with -o');
}

/** Throws UsageError for a name that promises what is not written. */
function formatByName(name = ''): CaptureFormat {
  refuseCompressed(name);
  return ['.pcap', '.cap', '.dmp'].includes(extname(name).toLowerCase()) ? 'pcap' : 'pcapng';
}

/** Throws UsageError. */
export function refuseCompressed(name: string): void {
  if (/\.(gz|zst|xz|lz4|bz2)$/i.test(name)) {
    throw new UsageError(`captures are not written compressed: leave ${extname(name)} out, and compress the file`);
  }
}

function keyFor({ library, env }: Context, { keyFile }: ExtractOptions): Uint8Array {
  if (keyFile !== undefined) return library.anonymizationKey(readKey(keyFile));
  const secret = env[KEY_VARIABLE];
  return secret ? library.anonymizationKey(secret) : library.randomAnonymizationKey();
}

function readKey(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new UsageError(`cannot read the key in ${path}: ${error instanceof Error ? error.message : error}`, {
      cause: error,
    });
  }
}

function remark({ flows, frames, successors, endMarks }: Extracted): string {
  if (flows === 0) return 'no connection matches';
  const more = [
    successors > 0 ? `${successors} of them of the connection that followed on the same ports` : '',
    endMarks > 0 ? 'an empty one to say until when the capture went on' : '',
  ].filter(Boolean);
  const what = `${count(frames, 'frame')} of ${count(flows, 'connection')}`;
  return more.length === 0 ? what : `${what} (${more.join(', ')})`;
}

export const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? '' : 's'}`;
