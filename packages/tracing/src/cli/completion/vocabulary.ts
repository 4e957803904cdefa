import type { Command, Option } from "commander";

/** What may be typed after one command. */
export interface CommandWords {
  /** Names from the program's down, such as `["spool", "ls"]`; empty for the program itself. */
  path: readonly string[];
  summary: string;
  commands: readonly { name: string; summary: string }[];
  options: readonly OptionWords[];
  /** What its first argument is one of, where that is known. */
  values: readonly string[];
}

export interface OptionWords {
  /** As it is typed, with its dashes. */
  names: readonly string[];
  summary: string;
  takesValue: boolean;
  /** What the value is one of, or what kind of path it is. */
  values: readonly string[] | "files" | "directories";
}

/** The words of a program and of all commands below it, read from the program itself. */
export function vocabularyOf(program: Command): CommandWords[] {
  return wordsOf(program, []);
}

function wordsOf(command: Command, path: readonly string[]): CommandWords[] {
  const help = {
    names: ["-h", "--help"],
    summary: "display help for command",
    takesValue: false,
    values: [],
  };
  const own: CommandWords = {
    path,
    summary: command.summary(),
    commands: command.commands.map((child) => ({ name: child.name(), summary: child.summary() })),
    options: [...command.options.filter(({ hidden }) => !hidden).map(toOptionWords), help],
    values: command.registeredArguments[0]?.argChoices ?? [],
  };
  return [own, ...command.commands.flatMap((child) => wordsOf(child, [...path, child.name()]))];
}

function toOptionWords(option: Option): OptionWords {
  const { short, long, description, required, optional } = option;
  return {
    names: [short, long].filter((name) => name !== undefined),
    summary: description,
    takesValue: required || optional,
    values: option.argChoices ?? pathsOf(option),
  };
}

function pathsOf({ flags }: Option): OptionWords["values"] {
  if (flags.endsWith("<file>")) return "files";
  return flags.endsWith("<dir>") ? "directories" : [];
}
