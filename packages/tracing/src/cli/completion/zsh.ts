import type { CommandWords, OptionWords } from "./vocabulary.ts";

/** To be a file `_tracing` in a directory of `fpath`, or to be sourced after `compinit`. */
export function toZsh(vocabulary: readonly CommandWords[]): string {
  return `#compdef tracing
# zsh completion for tracing: tracing completion zsh > "\${fpath[1]}/_tracing"
_tracing() {
  local place="" index
  local -a candidates flags
  for ((index = 2; index < CURRENT; index++)); do
    case "$place/\${words[index]}" in
${vocabulary
  .filter(({ path }) => path.length > 0)
  .map(
    ({ path }) =>
      `      ${quote(`${path.slice(0, -1).join(".")}/${path.at(-1)}`)}) place=${quote(path.join("."))} ;;`,
  )
  .join("\n")}
    esac
  done
  case "$place \${words[CURRENT-1]}" in
${vocabulary.flatMap(valueCases).join("\n")}
  esac
  case "$place" in
${vocabulary.map(wordCase).join("\n")}
  esac
  if [[ "$PREFIX" == -* ]]; then _describe -o option flags
  else _describe command candidates; fi
}
if [ "\${funcstack[1]}" = "_tracing" ]; then _tracing "$@"; else compdef _tracing tracing; fi
`;
}

function valueCases({ path, options }: CommandWords): string[] {
  return options
    .filter(({ takesValue }) => takesValue)
    .map((option) => {
      const patterns = option.names.map((name) => quote(`${path.join(".")} ${name}`)).join("|");
      return `    ${patterns}) ${toAction(option)}; return ;;`;
    });
}

function toAction({ values, summary }: OptionWords): string {
  if (values === "files") return "_files";
  if (values === "directories") return "_files -/";
  return values.length > 0 ? `compadd -- ${values.map(quote).join(" ")}` : `_message ${quote(summary)}`;
}

function wordCase({ path, commands, options, values }: CommandWords): string {
  const candidates = [...commands.map(({ name, summary }) => described(name, summary)), ...values.map(quote)];
  const flags = options.flatMap(({ names, summary }) => names.map((name) => described(name, summary)));
  return `    ${quote(path.join("."))})
      candidates=(${candidates.join(" ")})
      flags=(${flags.join(" ")}) ;;`;
}

/** A name and what it is for, parted by the first colon. */
function described(name: string, summary: string): string {
  return quote(`${name}:${summary}`);
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
