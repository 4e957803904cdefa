import { TracingError } from "../../core/errors.ts";
import { LATEST_SCHEMA_VERSION } from "../../store/migrator.ts";
import { StoreError, type StoreErrorKind } from "../../store/store-client.ts";
import { type StoreKind, toTracingTrouble, toTrouble } from "../store-trouble.ts";
import type { FindingCode } from "./catalogue.ts";
import { type Check, type Examination, type Finding, found, ok } from "./finding.ts";

/** Whether the store answers and takes the key; both come out of one call. */
export const connectionCheck: Check = {
  name: "connection",
  async examine(examination) {
    const { options, store, openError, noStore } = examination;
    if (noStore !== undefined) return [];
    if (openError !== undefined) return [explain(this.name, openError, examination)];
    if (!store)
      return options
        ? [ok(this.name, "The embedded store does not exist yet; the first start makes it.")]
        : [];
    const answers = ok(this.name, `${capitalized(store.description)} answers.`);
    try {
      await askVersion(examination);
      return [answers, ok("key", keySentence(store.kind))];
    } catch (error) {
      const kind = error instanceof StoreError ? error.kind : undefined;
      if (kind === "unauthorized") return [answers, explain("key", error, examination)];
      // The schema check says it.
      if (kind === "schema-missing") return [answers];
      return [explain(this.name, error, examination)];
    }
  },
};

/** Whether the schema is there and is the one that this version of the library writes. */
export const schemaCheck: Check = {
  name: "schema",
  async examine(examination) {
    if (!examination.store) return [];
    let version: number;
    try {
      version = await askVersion(examination);
    } catch (error) {
      return error instanceof StoreError && error.kind === "schema-missing"
        ? [explain(this.name, error, examination)]
        : [];
    }
    const versions = { version: String(version), latest: String(LATEST_SCHEMA_VERSION) };
    if (version < LATEST_SCHEMA_VERSION) {
      return [found(this.name, "schema-older", versions)];
    }
    if (version > LATEST_SCHEMA_VERSION) {
      return [found(this.name, "schema-newer", versions)];
    }
    return [ok(this.name, `The schema has version ${version}, as this library needs it.`)];
  },
};

async function askVersion({ store }: Examination): Promise<number> {
  const version: unknown = await store?.repo.schemaVersion();
  if (typeof version === "number") return version;
  throw new TracingError("store-failed", "What answers there is no trace store.", {
    hint: "Check the address: it should be that of InsForge itself.",
  });
}

function capitalized(sentence: string): string {
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}

const CODES = {
  unreachable: "store-unreachable",
  unavailable: "store-unavailable",
  unauthorized: "key-refused",
  "schema-missing": "schema-missing",
  "too-large": "store-refuses",
  rejected: "store-refuses",
} as const satisfies Readonly<Record<StoreErrorKind, FindingCode>>;

function explain(check: string, error: unknown, { options }: Examination): Finding {
  if (error instanceof StoreError) {
    const { message, cure } = toTrouble(error, options?.store.kind ?? "embedded");
    return found(check, CODES[error.kind], { problem: message, cure });
  }
  if (error instanceof TracingError) {
    const { message, cure } = toTracingTrouble(error);
    return found(check, "store-not-opened", { problem: message, cure });
  }
  throw error;
}

function keySentence(kind: StoreKind): string {
  if (kind === "insforge") return "The key in INSFORGE_API_KEY is accepted.";
  return kind === "postgres" ? "The database accepts the role." : "The embedded store needs no key.";
}
