import type { CommandWords, OptionWords } from "./vocabulary.ts";

/** To be `completions/tracing.fish` in fish's configuration. */
export function toFish(vocabulary: readonly CommandWords[]): string {
  return `# fish completion for tracing: tracing completion fish > ~/.config/fish/completions/tracing.fish
function __tracing_at
    set -l place
    for word in (commandline -opc)[2..]
        switch "$place/$word"
${vocabulary
  .filter(({ path }) => path.length > 0)
  .map(
    ({ path }) => `            case ${quote(`${path.slice(0, -1).join(".")}/${path.at(-1)}`)}
                set place ${quote(path.join("."))}`,
  )
  .join("\n")}
        end
    end
    test "$place" = "$argv[1]"
end
complete -c tracing -f
${vocabulary.flatMap(completionsOf).join("\n")}
`;
}

function completionsOf({ path, commands, options, values }: CommandWords): string[] {
  const at = `complete -c tracing -n ${quote(`__tracing_at ${quote(path.join("."))}`)}`;
  return [
    ...commands.map(({ name, summary }) => `${at} -a ${quote(name)} -d ${quote(summary)}`),
    ...(values.length > 0 ? [`${at} -a ${quote(values.join(" "))}`] : []),
    ...options.map((option) => `${at} ${namesOf(option)} -d ${quote(option.summary)}${toValueFlags(option)}`),
  ];
}

function namesOf({ names }: OptionWords): string {
  return names
    .map((name) => (name.startsWith("--") ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`))
    .join(" ");
}

function toValueFlags({ takesValue, values }: OptionWords): string {
  if (!takesValue) return "";
  if (values === "files") return " -r -F";
  if (values === "directories") return " -x -a '(__fish_complete_directories)'";
  return values.length > 0 ? ` -x -a ${quote(values.join(" "))}` : " -x";
}

function quote(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
