import { TracingError } from "../../core/errors.ts";
import { toTracingTrouble } from "../store-trouble.ts";
import { type Check, type Examination, fail, ok, warn } from "./finding.ts";

const NAMES = { insforge: "InsForge", postgres: "PostgreSQL", embedded: "the embedded store" } as const;

/** Which store is configured, and what named it. */
export const configurationCheck: Check = {
  name: "configuration",
  examine({ io, options, optionsError, noStore, otlp, otlpError }) {
    if (!options) {
      if (!(optionsError instanceof TracingError)) throw optionsError;
      const { message, cure } = toTracingTrouble(optionsError);
      return [fail(this.name, message, cure || "Correct it, or unset it to use another store.")];
    }
    if (noStore !== undefined) {
      // When the variables for OTLP are wrong, their own check says so.
      if (otlp || otlpError) return [ok(this.name, `No traces are kept (${noStore}=none): OTLP only.`)];
      const message = `${noStore} is "none", and traces are sent nowhere else.`;
      return [fail(this.name, message, `Set OTEL_EXPORTER_OTLP_ENDPOINT, or unset ${noStore}.`)];
    }
    const { kind, source } = options.store;
    if (kind === "embedded" && io.env.NODE_ENV === "production") {
      return [
        warn(
          this.name,
          `No store is configured, so that traces are in ${options.embeddedDir}, in production.`,
          "Set INSFORGE_BASE_URL and INSFORGE_API_KEY, or DATABASE_URL.",
        ),
      ];
    }
    if (kind === "embedded")
      return [ok(this.name, `No store is configured: the embedded one, in ${options.embeddedDir}.`)];
    const findings = [ok(this.name, `Traces go to ${NAMES[kind]}, from ${nameSource(source, io)}.`)];
    if (kind === "insforge" && /^(anon_|eyJ)/.test(io.env.INSFORGE_API_KEY?.trim() ?? "")) {
      findings.push(
        warn(
          this.name,
          "INSFORGE_API_KEY looks like an anonymous key or a user's token, which may not read or write traces.",
          "Set it to the project's API key (it begins with ik_).",
        ),
      );
    }
    return findings;
  },
};

const FLAGS: Readonly<Record<string, string>> = {
  databaseUrl: "--database-url",
  "insforge.baseUrl": "--insforge-url",
};

function nameSource(source: string, { envFile }: Examination["io"]): string {
  if (envFile?.names.has(source)) return `${source} in ${envFile.path}`;
  return FLAGS[source] ?? source;
}
