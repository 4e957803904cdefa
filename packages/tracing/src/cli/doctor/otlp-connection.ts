import type { Outcome } from "../../collector/record-exporter.ts";
import { TracingError } from "../../core/errors.ts";
import { SpanSender } from "../../otlp/span-sender.ts";
import { type Check, type Finding, found, ok } from "./finding.ts";

const TIMEOUT_MS = 5_000;
const GRPC_PORT = "4317";

/** Whether the OTLP receiver takes a request: one without spans, which every receiver takes and none keeps. */
export const otlpConnectionCheck: Check = {
  name: "otlp connection",
  async examine({ otlp }) {
    if (!otlp) return [];
    const { origin, port } = new URL(otlp.url);
    const timeoutMs = Math.min(otlp.timeoutMs, TIMEOUT_MS);
    const sender = new SpanSender({ ...otlp, timeoutMs }, { info: () => undefined, warn: () => undefined });
    let outcome: Outcome;
    try {
      outcome = await sender.send([], {});
    } catch (error) {
      // The check of packages says what is missing.
      if (error instanceof TracingError && error.code === "missing-dependency") return [];
      throw error;
    }
    if (outcome.status === "stored") return [ok(this.name, `The OTLP receiver at ${origin} takes requests.`)];
    return [explain(this.name, outcome, port)];
  },
};

function explain(check: string, outcome: Exclude<Outcome, { status: "stored" }>, port: string): Finding {
  // The advice that a log line brings along is given as the cure.
  const problem = outcome.reason.replace(/ Check [^.]*\.$/, "").replace(/[^.]$/, "$&.");
  const status = Number(/ answers (\d{3})\b/.exec(problem)?.[1]);
  if (outcome.status === "unauthorized") return found(check, "otlp-unauthorized", { problem });
  if (status >= 500 || status === 429 || status === 408 || status === 425)
    return found(check, "otlp-unavailable", { problem });
  if (port === GRPC_PORT) return found(check, "otlp-grpc-port", { problem });
  return found(check, Number.isNaN(status) ? "otlp-unreachable" : "otlp-not-spoken", { problem });
}
