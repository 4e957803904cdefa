/** Any escape of a JSON text; a pair of backslashes is one. */
const ESCAPE = /\\(?:u[0-9a-f]{4}|.)/gi;
const CONTROL = /^\\(?:u00[01][0-9a-f]|[bfr])$/i;
const RAW_CONTROL = /[\u007f-\u009f]/g;
const REPLACEMENT = "\ufffd";

/** The same line of JSON without what a terminal would obey, once the line is shown as text: line breaks and tabs stay. */
export function toTerminalSafe(json: string): string {
  return json
    .replace(ESCAPE, (escaped) => (CONTROL.test(escaped) ? REPLACEMENT : escaped))
    .replace(RAW_CONTROL, REPLACEMENT);
}
