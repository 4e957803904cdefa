import { setTimeout as pause } from "node:timers/promises";
import { seededRandom } from "../../../../packages/tracing/test/support/random.ts";
import type { TranscriptionOutcome } from "../support/assemblyai-server.ts";
import type { ModelDecision, ModelReply, ModelRequest } from "../support/model-server.ts";
import { toSmartAnswer } from "../support/smart-answer.ts";
import { findMark, type Trouble } from "./marks.ts";

const REPLIES: Readonly<Record<Trouble, ModelReply>> = {
  busy: { kind: "status", status: 429, headers: { "retry-after": "1" } },
  garbled: { kind: "text", text: "Sure! I would say that this is a good one." },
  cut: { kind: "reset" },
  refused: { kind: "status", status: 401 },
};

/**
 * A model that does as the mark in the rep's text says, and repeats the mark in what the rep will read, so that a reply
 * shows whose answer to what it is. It takes its time, sometimes so long that the bot shows that it is waiting.
 */
export function createCoach(seed: number): ModelDecision {
  const random = seededRandom(seed);
  const troubled = new Set<string>();
  return (request) => {
    const after = pause(random() < 0.03 ? 2_000 + random() * 6_000 : 20 + random() * 500);
    const mark = findMark(request.prompt);
    if (!mark || request.task === "memory") return { kind: "text", after };
    const step = `${mark.word} ${request.task}`;
    if (mark.trouble && (mark.trouble === "refused" || !troubled.has(step))) {
      troubled.add(step);
      return { ...REPLIES[mark.trouble], after };
    }
    return { kind: "text", text: toMarkedAnswer(request, mark.word, mark.grade), after };
  };
}

function toMarkedAnswer({ task, prompt }: ModelRequest, word: string, grade: number): string {
  const answer = JSON.parse(toSmartAnswer(task, prompt));
  if (task === "assess") {
    for (const graded of answer.grades) graded.grade = grade;
    answer.strengths = [`You asked before you told: ${word}.`];
  }
  if (task === "strategy") answer.draftMessage += ` About ${word}.`;
  return JSON.stringify(answer);
}

const SOUND = "OggS ";

/** A recording of somebody who says this; of silence when the text is empty. */
export function record(text: string): Uint8Array {
  return new TextEncoder().encode(SOUND + text);
}

export function hear(recording: Buffer): TranscriptionOutcome {
  const text = recording.toString("utf8").slice(SOUND.length);
  return { kind: "text", text: text === "" ? null : text, polls: text.length % 2 };
}
