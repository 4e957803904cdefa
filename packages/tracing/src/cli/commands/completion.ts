import { Argument, type Command } from "commander";
import type { CommandContext } from "../command.ts";
import { toBash } from "../completion/bash.ts";
import { toFish } from "../completion/fish.ts";
import { vocabularyOf } from "../completion/vocabulary.ts";
import { toZsh } from "../completion/zsh.ts";
import { writeJson } from "../io.ts";

const WRITERS = { bash: toBash, zsh: toZsh, fish: toFish };

type Shell = keyof typeof WRITERS;

/** `tracing completion`: a script that makes a shell complete this program's commands and options. */
export function addCompletionCommand(program: Command, { io }: CommandContext): void {
  program
    .command("completion")
    .summary("print a script for the shell to complete with")
    .description("Print a script that makes a shell complete the commands, options and values of tracing.")
    .addArgument(new Argument("<shell>", "the shell to print it for").choices(Object.keys(WRITERS)))
    .option("--json", "print JSON for programs")
    .addHelpText("after", HELP)
    .action((shell: Shell, { json }: { json?: boolean }) => {
      const script = WRITERS[shell](vocabularyOf(program));
      if (json) writeJson(io.stdout, { shell, script });
      else io.stdout.write(script);
    });
}

const HELP = `
It completes the command \`tracing\`, as an installation with -g or a directory in PATH makes it.

Examples:
  $ tracing completion bash >> ~/.bashrc
  $ tracing completion zsh > "\${fpath[1]}/_tracing"
  $ tracing completion fish > ~/.config/fish/completions/tracing.fish
`;
