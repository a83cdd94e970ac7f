import { mkdirSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import type { Command } from 'commander';
import { type Context, judge, say } from './context.js';
import { UsageError } from './exit.js';
import { count, refuseCompressed, refuseTerminal } from './extract.js';
import { addCaptureOptions, type CaptureOptions } from './options.js';
import { runOnCaptures } from './run.js';

const EXAMPLES = `
Wireshark shows the comments in its packet list and finds them by the filter frame.comment. They begin
with "lastack error:", "lastack warning:", "lastack notice:", "lastack info:", "lastack evidence:" and
"lastack state:". All frames are written; comments are about the connections that --flow, --finding,
--filter and --around select. The captures are read twice: standard input is kept in a temporary file.

Examples:
  lastack annotate dump.pcap -o dump.pcapng
  lastack annotate dump.pcap --finding handshake-ack-lost -o stuck.pcapng
  lastack annotate dump.pcap -o dump.pcapng --wireshark-profile ~/.config/wireshark/profiles/lastack
  tshark -r dump.pcapng -Y 'frame.comment contains "lastack error"' -T fields -e frame.number -e frame.comment
`;

interface AnnotateOptions extends CaptureOptions {
  readonly wiresharkProfile?: string;
}

export function addAnnotate(program: Command, context: Context, done: (status: number) => void): void {
  const command = program
    .command('annotate')
    .description('the captures as pcapng with what was found written beside the frames, for Wireshark')
    .argument('<capture...>', 'files that tcpdump wrote; - is standard input')
    .option('-o, --output <file>', 'write the capture there instead of standard output')
    .option('--wireshark-profile <folder>', 'write a profile with matching colours and a column there, too');
  addCaptureOptions(command, context.library)
    .option('-q, --quiet', 'no progress and no remarks; errors are still told')
    .addHelpText('after', EXAMPLES)
    .action(async (captures: string[], options: AnnotateOptions) => done(await annotate(context, captures, options)));
}

function annotate(context: Context, captures: readonly string[], options: AnnotateOptions): Promise<number> {
  const { library } = context;
  return runOnCaptures(context, captures, options, true, async (output, common) => {
    refuseTerminal(context, options.output);
    refuseCompressed(options.output ?? '');
    if (extname(options.output ?? '').toLowerCase() === '.pcap') {
      throw new UsageError('a pcap file holds no comments: name the output .pcapng');
    }
    const result = await library.annotate(captures, (bytes) => output.write(bytes), common);
    if (options.wiresharkProfile !== undefined) writeProfile(context, options.wiresharkProfile);
    const status = judge(context, result.captures);
    if (!options.quiet) {
      const { comments, flows, frames } = result;
      say(context, `${count(comments, 'comment')} on ${count(flows, 'connection')} in ${count(frames, 'frame')}`);
      if (result.unannotated > 0) {
        say(
          context,
          `${result.unannotated} connections without their changes of state: too many comments; select some`,
        );
      }
    }
    return status;
  });
}

/** Throws UsageError. */
function writeProfile({ library }: Context, folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
    for (const [name, text] of Object.entries(library.wiresharkProfile())) writeFileSync(join(folder, name), text);
  } catch (error) {
    throw new UsageError(`cannot write the profile: ${error instanceof Error ? error.message : error}`, {
      cause: error,
    });
  }
}
