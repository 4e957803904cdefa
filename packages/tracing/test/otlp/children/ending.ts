import { createOtlpExporter } from "../../../src/otlp/index.ts";
import { sampleRecord } from "../../../src/testing/sample-record.ts";

/** Sends something to a receiver that hangs, and has nothing else to do. */
const [, , url = ""] = process.argv;
process.exitCode = 7;
const exporter = createOtlpExporter({ url, timeoutMs: 60_000 });
void exporter.send([JSON.stringify(sampleRecord())]);
