import { Argument, type Command } from 'commander';
import { commandTree } from './command-tree.js';
import { COMPLETION_SCRIPTS, SHELLS, type Shell } from './completion-scripts.js';
import type { Context } from './context.js';
import { EXIT } from './exit.js';
import { runWithOutput } from './run.js';

const EXAMPLES = `
Examples:
  source <(lastack completions bash)
  lastack completions zsh > ~/.zfunc/_lastack
  lastack completions fish > ~/.config/fish/completions/lastack.fish
`;

export function addCompletions(program: Command, context: Context, done: (status: number) => void): void {
  program
    .command('completions')
    .description("a script that makes a shell complete lastack's commands, options and kinds of finding")
    .addArgument(new Argument('<shell>', 'whose script').choices(SHELLS))
    .option('-o, --output <file>', 'write the script there instead of standard output')
    .addHelpText('after', EXAMPLES)
    .action(async (shell: Shell, options: { readonly output?: string }) => {
      const script = COMPLETION_SCRIPTS[shell](commandTree(program));
      const write = async (output: { write(text: string): Promise<void> }) => {
        await output.write(script);
        return EXIT.done;
      };
      done(await runWithOutput(context, options.output, write));
    });
}
