import type { NoteStore } from "../../src/agents/index.ts";

/** Notes that are kept as long as the test lasts. */
export class MemoryNotes implements NoteStore {
  readonly #notes: Map<string, string[]>;

  constructor(notes: Record<string, string[]>) {
    this.#notes = new Map(Object.entries(notes));
  }

  async read(userId: string): Promise<string[]> {
    return [...(this.#notes.get(userId) ?? [])];
  }

  async write(userId: string, notes: readonly string[]): Promise<void> {
    this.#notes.set(userId, [...notes]);
  }
}
