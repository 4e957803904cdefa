import { tracedSpan } from "@app/tracing";
import { z } from "zod";
import type { LanguageModel } from "../llm/language-model.ts";
import type { Agent, RunContext } from "./agent.ts";
import { ask } from "./ask.ts";
import { withoutContext } from "./captured-input.ts";
import type { NoteStore } from "./note-store.ts";
import { onOneLine } from "./prompt-parts.ts";

const input = z.object({
  /** What is known about the rep. @default what the store holds when the agent gets to it */
  notes: z.array(z.string()).optional(),
  /** What has happened, as text or as named values. */
  event: z.union([z.string(), z.record(z.string(), z.unknown())]),
});

/** Merges what has just happened into the notes about the rep, and saves them. */
export class MemoryAgent implements Agent<z.infer<typeof input>, string[]> {
  readonly name = "memory";
  readonly input = input;
  readonly output = z.array(z.string());
  readonly #model: LanguageModel;
  readonly #store: NoteStore;
  /** The last piece of work for each rep: a second one waits, or it would undo what the first has noted. */
  readonly #turns = new Map<string, Promise<unknown>>();

  constructor({ model, notes }: { model: LanguageModel; notes: NoteStore }) {
    this.#model = model;
    this.#store = notes;
  }

  @tracedSpan("agent:memory", { kind: "agent", captureInput: withoutContext })
  async run({ notes, event }: z.infer<typeof input>, { userId, signal }: RunContext): Promise<string[]> {
    const before = this.#turns.get(userId);
    const turn = (async () => {
      // How the turn before went is told to whoever asked for it.
      await before?.catch(() => undefined);
      signal.throwIfAborted();
      const known = notes ?? (await this.#store.read(userId));
      const merged = await ask(
        this.#model,
        { kind: "memory", notes: known, event: toText(event) },
        { signal },
      );
      signal.throwIfAborted();
      await this.#store.write(userId, merged.notes);
      return merged.notes;
    })();
    this.#turns.set(userId, turn);
    try {
      return await turn;
    } finally {
      if (this.#turns.get(userId) === turn) this.#turns.delete(userId);
    }
  }
}

/** One line a value, with its name before it. */
function toText(event: z.infer<typeof input>["event"]): string {
  if (typeof event === "string") return event;
  return Object.entries(event)
    .flatMap(([name, value]) => {
      const text = valueText(value);
      return text === "" ? [] : [`${name}: ${text}`];
    })
    .join("\n");
}

function valueText(value: unknown): string {
  if (value === undefined || value === null) return "";
  if (Array.isArray(value)) return value.map(valueText).join("; ");
  return onOneLine(typeof value === "object" ? JSON.stringify(value) : String(value));
}
