import { TracingError } from "../../core/errors.ts";
import { toTracingTrouble } from "../store-trouble.ts";
import { type Check, type Examination, found, ok } from "./finding.ts";

const NAMES = { insforge: "InsForge", postgres: "PostgreSQL", embedded: "the embedded store" } as const;

/** Which store is configured, and what named it. */
export const configurationCheck: Check = {
  name: "configuration",
  examine({ io, options, optionsError, noStore, otlp, otlpError }) {
    if (!options) {
      if (!(optionsError instanceof TracingError)) throw optionsError;
      const { message, cure } = toTracingTrouble(optionsError);
      const otherwise = "Correct it, or unset it: the service does not start with it.";
      return [found(this.name, "configuration-invalid", { problem: message, cure: cure || otherwise })];
    }
    if (noStore !== undefined) {
      // When the variables for OTLP are wrong, their own check says so.
      if (otlp || otlpError) return [ok(this.name, `No traces are kept (${noStore}=none): OTLP only.`)];
      return [found(this.name, "traces-go-nowhere", { variable: noStore })];
    }
    const { kind, source } = options.store;
    if (kind === "embedded" && io.env.NODE_ENV === "production") {
      return [found(this.name, "embedded-in-production", { directory: options.embeddedDir })];
    }
    if (kind === "embedded")
      return [ok(this.name, `No store is configured: the embedded one, in ${options.embeddedDir}.`)];
    const findings = [ok(this.name, `Traces go to ${NAMES[kind]}, from ${nameSource(source, io)}.`)];
    if (kind === "insforge" && /^(anon_|eyJ)/.test(io.env.INSFORGE_API_KEY?.trim() ?? "")) {
      findings.push(found(this.name, "key-looks-anonymous", {}));
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
