/** Loaded before a coach, so that it makes a trace in one turn of the event loop when it is told `burst <JSON>`. */
import { appendFileSync } from "node:fs";
import { TraceContext } from "../../../src/core/trace-context.ts";
import { tracedSpan } from "../../../src/core/traced-span.ts";
import type { Burst } from "../burst.ts";
import { orders } from "./orders.ts";

orders.burst = (...words) => {
  const burst: Burst & { logFile: string } = JSON.parse(words.join(" "));
  const { traceId, ended } = makeTrace(burst);
  appendFileSync(burst.logFile, ended.map((span) => `ended ${traceId} ${span}\n`).join(""));
  return traceId;
};

function makeTrace({ spans, odd = {} }: Burst): { traceId: string; ended: string[] } {
  return TraceContext.run({ pipelineName: "burst" }, ({ traceId, spanId }) => {
    const ended = [spanId];
    for (let place = 1; place < spans; place++) {
      const { name = "step", input = `${place}`, error } = odd[place] ?? {};
      const step = tracedSpan(name)((_input: string) => {
        ended.push(TraceContext.current()?.traceparent().split("-")[2] ?? "");
        if (error !== undefined) throw new RangeError(error);
      });
      expectOnly(error, () => step(input));
    }
    return { traceId, ended };
  });
}

function expectOnly(message: string | undefined, call: () => void): void {
  try {
    call();
  } catch (error) {
    if (!(error instanceof RangeError) || error.message !== message) throw error;
  }
}
