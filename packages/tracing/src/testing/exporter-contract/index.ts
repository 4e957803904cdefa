import type { ExporterContractOptions, ExporterUnderTest } from "./exporter-under-test.ts";
import { describeRefusal } from "./refusal.ts";
import { describeStoring } from "./storing.ts";
import { describeTroubles } from "./troubles.ts";

export type { ExporterContractOptions, ExporterUnderTest } from "./exporter-under-test.ts";

/**
 * What the collector relies on in an exporter: a batch is stored as a whole or not at all, once however often it is
 * sent, and every fault of the backend is an outcome that says what to do. For authors of a `RecordExporter`.
 *
 * @example
 * import { afterAll, beforeAll, describe, it } from "vitest";
 * describeExporterContract("my exporter", {
 *   runner: { afterAll, beforeAll, describe, it },
 *   open: async () => ({ exporter: new MyExporter(url), storedSpans: (traceId) => askMyBackend(traceId) }),
 *   unreachable: async () => new MyExporter("http://127.0.0.1:1"),
 * });
 */
export function describeExporterContract(name: string, options: ExporterContractOptions): void {
  const { runner, open } = options;
  runner.describe(`the exporter contract: ${name}`, () => {
    let opened: ExporterUnderTest | undefined;
    runner.beforeAll(async () => {
      opened = await open();
    });
    runner.afterAll(async () => opened?.close?.());
    const suite = {
      ...options,
      healthy() {
        if (!opened) throw new Error("The exporter is open inside of tests only.");
        return opened;
      },
    };
    describeStoring(suite);
    describeRefusal(suite);
    describeTroubles(suite);
  });
}
