import type { Play } from "../coaching/exercise.ts";
import type { LanguageModel } from "../llm/language-model.ts";
import type { Agent } from "./agent.ts";
import { MemoryAgent } from "./memory-agent.ts";
import type { NoteStore } from "./note-store.ts";
import { PlaybookAgent } from "./playbook-agent.ts";
import { SignalsAgent } from "./signals-agent.ts";
import { StrategistAgent } from "./strategist-agent.ts";
import { TrainerAgent } from "./trainer-agent.ts";

export type { Agent, RunContext } from "./agent.ts";
export { AnswerError } from "./answer-error.ts";
export type { NoteStore } from "./note-store.ts";

export interface AgentsOptions {
  model: LanguageModel;
  /** The playbook. */
  plays: readonly Play[];
  notes: NoteStore;
}

/** Everyone whom a pipeline can name. */
export function createAgents(options: AgentsOptions): Agent[] {
  return [
    new TrainerAgent(options),
    new SignalsAgent(options),
    new PlaybookAgent(options),
    new StrategistAgent(options),
    new MemoryAgent(options),
  ];
}
