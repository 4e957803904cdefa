import { type Command, Option } from "commander";
import type { ArgumentReader } from "./arguments.ts";

export interface ValueOptionExtras<T> {
  preset?: T;
  /** What the value is one of; the shell completes it, and help lists it. The reader is what refuses others. */
  choices?: readonly string[];
}

/** Adds `--flag <value>`, whose errors name the flag. A value called `<file>` or `<dir>` is completed as one. */
export function addValueOption<T>(
  command: Command,
  flags: `--${string} <${string}>`,
  description: string,
  read: ArgumentReader<T>,
  { preset, choices }: ValueOptionExtras<T> = {},
): Command {
  const flag = flags.slice(0, flags.indexOf(" "));
  const option = new Option(flags, description);
  if (choices) option.choices(choices);
  if (preset !== undefined) option.default(preset);
  return command.addOption(option.argParser((text: string) => read(flag, text)));
}
