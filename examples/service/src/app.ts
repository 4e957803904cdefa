import { TraceContext } from "@app/tracing";
import { Hono } from "hono";
import { complete } from "./model.ts";
import { findDocuments, search } from "./search.ts";

export interface AppOptions {
  /** Where documents are searched: another service, or this one. Asked with each request. */
  searchUrl(): string;
}

/** The routes, without a server and without tracing: whoever starts them decides about both. */
export function createApp({ searchUrl }: AppOptions): Hono {
  const app = new Hono();

  app.post("/answer", async (c) => {
    const question = readQuestion(await c.req.json().catch(() => undefined));
    if (question === undefined) return c.json({ error: 'Send {"question": "..."}.' }, 400);
    const run = {
      pipelineName: "answer",
      userId: c.req.header("x-user-id"),
      input: question,
      // Joins the caller's trace; without the header it opens one of its own.
      parent: c.req.header("traceparent"),
    };
    return TraceContext.run(run, async (trace) => {
      const answer = await complete(question, await findDocuments(question, searchUrl()));
      trace.setOutput(answer);
      return c.json({ answer, traceId: trace.traceId });
    });
  });

  app.get("/documents", (c) => c.json(search(c.req.query("question") ?? "", c.req.header("traceparent"))));

  return app;
}

function readQuestion(body: unknown): string | undefined {
  if (typeof body !== "object" || body === null || !("question" in body)) return undefined;
  return typeof body.question === "string" && body.question.trim() !== "" ? body.question : undefined;
}
