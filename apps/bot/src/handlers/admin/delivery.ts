import type { CollectorStats, OpenStore } from "@app/tracing";
import type { Dependencies } from "../context.ts";
import { counted, formatSpan, oneLine } from "./figures.ts";
import { KEY } from "./store-trouble.ts";

/** How it goes with storing traces, and what mends it when it does not. */
export function explainDelivery({ state, lastError }: CollectorStats, kind: OpenStore["kind"]): string {
  const said = lastError === undefined ? "" : `: ${oneLine(lastError, 200).replace(/[.\s]+$/, "")}`;
  switch (state) {
    case "ok":
      return "ok";
    case "retrying":
      return `retrying${said}. Nothing is lost: spans wait in the spool, and go out when the store takes them.`;
    case "paused":
      return `paused, the store refuses the key${said}. ${KEY[kind]}`;
    case "schema-missing":
      return `waiting, the store has no schema${said}. Run \`tracing migrate\`, or start the bot again.`;
    case "stopped":
      return "stopped; what ends from now on is not recorded.";
  }
}

/** What waits in the spool. */
export function describeSpool({ pending, oldestPendingMs }: CollectorStats): string {
  if (pending === 0) return "empty";
  return `${counted(pending, "span")} ${pending === 1 ? "waits" : "wait"}, the oldest for ${formatSpan(oldestPendingMs)}`;
}

/** That what is shown lacks the newest, when it does. */
export function waitingNote({ tracing }: Pick<Dependencies, "tracing">): string | undefined {
  const { state, pending } = tracing.stats();
  if (state === "ok" || pending === 0) return undefined;
  return `${counted(pending, "span")} not stored yet (${state}) and so not in here.`;
}
