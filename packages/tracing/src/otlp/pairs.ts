import { TracingError } from "../core/errors.ts";

/**
 * The pairs of a variable such as `OTEL_EXPORTER_OTLP_HEADERS`: `name=value,name=value`, values percent-encoded.
 *
 * Source: https://opentelemetry.io/docs/specs/otel/protocol/exporter/#specifying-headers-via-environment-variables
 *
 * @throws {TracingError} `invalid-option`; what the variable holds is not repeated, for it may be a key.
 */
export function parsePairs(variable: string, text: string | undefined): Record<string, string> {
  const pairs: Record<string, string> = {};
  for (const pair of (text ?? "").split(",")) {
    if (pair.trim() === "") continue;
    const at = pair.indexOf("=");
    const name = decode(pair.slice(0, at).trim());
    const value = decode(pair.slice(at + 1).trim());
    if (at < 0 || !name || value === undefined) {
      throw new TracingError("invalid-option", `${variable} is not of the form name=value,name=value.`, {
        hint: "What is special in a value, such as a comma, is percent-encoded.",
      });
    }
    pairs[name] = value;
  }
  return pairs;
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
