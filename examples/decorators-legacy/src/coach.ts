import { recordGeneration, tracedSpan } from "@app/tracing";

/** The same `tracedSpan` that standard decorators take; here the compiler calls it in the older way. */
export class Coach {
  @tracedSpan("agent:coach", { kind: "agent" })
  async advise(situation: string): Promise<string> {
    const facts = await this.look(situation);
    return this.complete(`${situation} Known: ${facts.join(", ")}.`);
  }

  @tracedSpan("tool:playbook", { kind: "retrieval" })
  async look(situation: string): Promise<string[]> {
    return situation.includes("price") ? ["ask what it is compared with"] : ["ask who decides"];
  }

  @tracedSpan("llm:offline", { kind: "llm" })
  protected async complete(prompt: string): Promise<string> {
    const answer = `Before anything else: ${prompt.split("Known: ")[1]}`;
    recordGeneration({
      provider: "offline",
      model: "rules",
      inputMessages: [{ role: "user", content: prompt }],
      outputMessages: [{ role: "assistant", content: answer }],
      usage: { inputTokens: prompt.length, outputTokens: answer.length },
      costUsd: 0,
    });
    return answer;
  }
}
