import { TraceContext, tracedSpan } from "@app/tracing";

const DOCUMENTS: readonly string[] = [
  "Discount: a discount needs something in return, such as a longer term.",
  "Silence: after naming a price, wait for the other side to speak.",
  "Objection: ask what it would take, before answering an objection.",
];

/** What another service would do: it knows nothing of who asks but the trace to join. */
export function search(question: string, parent: string | undefined): string[] {
  return TraceContext.run({ pipelineName: "search", input: question, parent }, (trace) => {
    const words = question.toLowerCase().split(/\W+/).filter(Boolean);
    const found = DOCUMENTS.filter((document) => words.some((word) => document.toLowerCase().includes(word)));
    trace.setOutput(found);
    return found;
  });
}

/** Asks the service at `url`, and hands it the trace. */
export const findDocuments = tracedSpan("tool:search")(
  async (question: string, url: string): Promise<string[]> => {
    const traceparent = TraceContext.current()?.traceparent();
    const response = await fetch(`${url}/documents?${new URLSearchParams({ question })}`, {
      headers: traceparent === undefined ? {} : { traceparent },
    });
    if (!response.ok) throw new Error(`The search answers ${response.status}.`);
    return (await response.json()) as string[];
  },
);
