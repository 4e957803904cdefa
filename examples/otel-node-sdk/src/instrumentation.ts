import { InsForgeSpanExporter, openStore, TraceCollector } from "@app/tracing";
import { HttpInstrumentation } from "@opentelemetry/instrumentation-http";
import { UndiciInstrumentation } from "@opentelemetry/instrumentation-undici";
import { NodeSDK } from "@opentelemetry/sdk-node";

// The store of the environment, or an embedded one in ./.data; its client is all that the exporter needs.
export const store = await openStore();

/** An OpenTelemetry set-up as a service has it already; the collector is one more span processor. */
export const sdk = new NodeSDK({
  serviceName: "otel-node-sdk",
  spanProcessors: [
    new TraceCollector({
      exporter: new InsForgeSpanExporter({ client: store.client }),
      spoolDir: ".data/spool",
    }),
  ],
  instrumentations: [new HttpInstrumentation(), new UndiciInstrumentation()],
});
sdk.start();
