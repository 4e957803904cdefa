import { recordGeneration, tracedSpan } from "@app/tracing";

/** A model that needs no network: it answers from a short list, after a pause as long as a person would notice. */
const complete = tracedSpan("llm:offline", { kind: "llm" })(async (prompt: string) => {
  await pause(40 + (prompt.length % 7) * 15);
  const answer = `Ask about ${prompt.split(" ").at(-1)} before you name a price.`;
  recordGeneration({
    provider: "openai",
    model: "gpt-4o-mini",
    inputMessages: [{ role: "user", content: prompt }],
    outputMessages: [{ role: "assistant", content: answer }],
    usage: { inputTokens: prompt.length * 4, outputTokens: answer.length },
  });
  return answer;
});

class Analyst {
  @tracedSpan("agent:signals")
  async signals(deal: string): Promise<string> {
    return `${await complete(`What does the buyer of ${deal} fear`)} ${await complete(`Who decides on the budget`)}`;
  }

  @tracedSpan("agent:playbook")
  async playbook(deal: string): Promise<string> {
    return `${await complete(`Which play fits ${deal}`)} ${await complete("Which objection comes next")}`;
  }
}

class Strategist {
  @tracedSpan("agent:strategist")
  async write(notes: string[]): Promise<string> {
    return complete(`Turn ${notes.length} notes into a closing plan`);
  }
}

const remember = tracedSpan("agent:memory")(async (strategy: string) => {
  await pause(60);
  return { remembered: strategy.length };
});

/** A closing strategy for a deal: two analyses at once, then the strategist, then memory, which nobody waits for. */
export async function support(deal: string): Promise<{ strategy: string; background: Promise<unknown> }> {
  const analyst = new Analyst();
  const notes = await Promise.all([analyst.signals(deal), analyst.playbook(deal)]);
  const strategy = await new Strategist().write(notes);
  return { strategy, background: remember(strategy) };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
