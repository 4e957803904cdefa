import type { TracingError } from "../core/errors.ts";
import type { OpenStore } from "../open-store.ts";
import type { StoreError } from "../store/store-client.ts";

/** What is wrong, and the command or setting that mends it. */
export interface Trouble {
  message: string;
  cure: string;
}

/** Which kind of store refused, for the names of its variables. */
export type StoreKind = OpenStore["kind"];

const KEY_CURE = "Set INSFORGE_API_KEY to the project's API key (it begins with ik_).";

/** A failed call in a sentence of its own for each cause a person can mend. */
export function toTrouble(error: StoreError, kind: StoreKind): Trouble {
  switch (error.kind) {
    case "unreachable":
      return unreachable(error, kind);
    case "unavailable":
      return { message: `The store answers, but not now: ${error.message}`, cure: "Try again in a moment." };
    case "unauthorized":
      return unauthorized(error, kind);
    case "schema-missing":
      return schemaMissing(error, kind);
    case "too-large":
      return {
        message: `The request is too large: ${error.message}`,
        cure: "Ask for less, with a smaller --limit.",
      };
    case "rejected":
      return { message: `The store refuses the request: ${error.message}`, cure: "Run `tracing doctor`." };
  }
}

function unreachable(error: StoreError, kind: StoreKind): Trouble {
  if (kind === "postgres" && error.code === "3D000") {
    return {
      message: sentence(error.message),
      cure: "Create it (`createdb <name>`) or correct the name in DATABASE_URL, then run `tracing migrate`.",
    };
  }
  return { message: sentence(error.message), cure: reachCure(kind) };
}

/** Whether the refused key was a genuine one without the right, as an anonymous key or a user's token is. */
function lacksRight(error: StoreError): boolean {
  return error.code === "42501" || (error.status === 403 && error.code !== "AUTH_INVALID_API_KEY");
}

function unauthorized(error: StoreError, kind: StoreKind): Trouble {
  if (kind !== "insforge") {
    if (lacksRight(error)) {
      return {
        message: `The role may not use the tracing schema: ${error.message}`,
        cure: "Connect in DATABASE_URL as the role that ran `tracing migrate`, or give this one its rights: GRANT <that role> TO <this role>.",
      };
    }
    return {
      message: `The database refuses the role: ${error.message}`,
      cure: "Check user and password in DATABASE_URL.",
    };
  }
  if (lacksRight(error)) {
    return {
      message: "The key in INSFORGE_API_KEY is an anonymous or a user's key, which may not read traces.",
      cure: KEY_CURE,
    };
  }
  return { message: "InsForge does not accept the key in INSFORGE_API_KEY.", cure: KEY_CURE };
}

function schemaMissing(error: StoreError, kind: StoreKind): Trouble {
  if (kind === "insforge" && (error.status === 406 || error.code === "PGRST106")) {
    return {
      message: "InsForge does not expose the schema `tracing` over its API.",
      cure: "Run `tracing migrate`; if that changes nothing, upgrade InsForge to a release of mid-2026 or later.",
    };
  }
  return {
    message: "The store has no tracing schema, or one that is too old.",
    cure: "Run `tracing migrate`.",
  };
}

/** Adapters name what they could not reach themselves. */
function sentence(message: string): string {
  return /[.!?]$/.test(message) ? message : `${message}.`;
}

function reachCure(kind: StoreKind): string {
  if (kind === "insforge") return "Check INSFORGE_BASE_URL and the network.";
  if (kind === "postgres") return "Check host and port in DATABASE_URL, and that the server runs.";
  return "Stop the process that holds the data directory, or remove its stale socket, then try again.";
}

/** The same for an error of this library, whose hint is the cure. */
export function toTracingTrouble(error: TracingError): Trouble {
  const { message, hint } = error;
  if (!hint) return { message, cure: "" };
  return { message: message.endsWith(hint) ? message.slice(0, -hint.length).trimEnd() : message, cure: hint };
}
