import type { OpenStore, StoreError } from "@app/tracing";
import { InlineKeyboard } from "grammy";
import type { Reply } from "../../telegram/reply.ts";
import { toData } from "./admin-command.ts";

/** What keeps a store from answering, and what mends it, in a sentence or two. */
export function explainStoreError(error: StoreError, kind: OpenStore["kind"]): string {
  const said = error.message.replace(/[.\s]+$/, "");
  switch (error.kind) {
    case "unreachable":
      // The adapters name what they could not reach.
      return `${said}. ${REACH[kind]}`;
    case "unavailable":
      return `It answers, but not now: ${said}. Try again in a moment.`;
    case "unauthorized":
      return `It refuses the key: ${said}. ${KEY[kind]}`;
    case "schema-missing":
      return `The schema is missing or too old: ${said}. The bot migrates when it starts; or run \`tracing migrate\`.`;
    case "too-large":
    case "rejected":
      return `It refuses the request: ${said}. \`tracing doctor\` says more.`;
  }
}

const REACH: Readonly<Record<OpenStore["kind"], string>> = {
  insforge: "Check INSFORGE_BASE_URL, and that InsForge runs.",
  postgres: "Check DATABASE_URL, and that the server runs.",
  embedded: "Start the bot again; one process at a time has the data directory.",
};

export const KEY: Readonly<Record<OpenStore["kind"], string>> = {
  insforge: "Set INSFORGE_API_KEY to the project's API key, and start again.",
  postgres: "Check user and password in DATABASE_URL, and start again.",
  embedded: "Start the bot again.",
};

/** The reply to a command that needs the store while it is away. */
export function toStoreTrouble(error: StoreError, kind: OpenStore["kind"]): Reply {
  return {
    text: `The traces cannot be read now. ${explainStoreError(error, kind)}`,
    buttons: new InlineKeyboard().text("Health", toData("health")).text("Overview", toData("overview")),
  };
}
