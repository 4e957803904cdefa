import type { CommandWords } from "./vocabulary.ts";

/**
 * For bash 3.2, which macOS has, and later; it needs nothing but bash itself.
 *
 * Words are those of this program, none of which needs quoting.
 */
export function toBash(vocabulary: readonly CommandWords[]): string {
  return `# bash completion for tracing: source <(tracing completion bash)
_tracing() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}"
  local path="" index word
  COMPREPLY=()
  for ((index = 1; index < COMP_CWORD; index++)); do
    word="\${COMP_WORDS[index]}"
    case "$path/$word" in
${vocabulary
  .filter(({ path }) => path.length > 0)
  .map(({ path }) => `      "${parentOf(path)}/${path.at(-1)}") path="${keyOf(path)}" ;;`)
  .join("\n")}
    esac
  done
  case "$path $previous" in
${vocabulary.flatMap(valueCases).join("\n")}
  esac
  case "$path" in
${vocabulary.map(wordCase).join("\n")}
  esac
}
complete -F _tracing tracing
`;
}

function valueCases({ path, options }: CommandWords): string[] {
  return options
    .filter(({ takesValue }) => takesValue)
    .map(({ names, values }) => {
      const generate =
        values === "files" ? "-f" : values === "directories" ? "-d" : `-W "${values.join(" ")}"`;
      const patterns = names.map((name) => `"${keyOf(path)} ${name}"`).join("|");
      return `    ${patterns}) COMPREPLY=($(compgen ${generate} -- "$current")); return ;;`;
    });
}

function wordCase({ path, commands, options, values }: CommandWords): string {
  const names = options.flatMap(({ names }) => names).join(" ");
  const others = [...commands.map(({ name }) => name), ...values].join(" ");
  return `    "${keyOf(path)}")
      if [[ "$current" == -* ]]; then COMPREPLY=($(compgen -W "${names}" -- "$current"))
      else COMPREPLY=($(compgen -W "${others}" -- "$current")); fi ;;`;
}

function keyOf(path: readonly string[]): string {
  return path.join(".");
}

function parentOf(path: readonly string[]): string {
  return keyOf(path.slice(0, -1));
}
