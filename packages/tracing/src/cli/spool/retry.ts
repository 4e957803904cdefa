import { basename, dirname } from "node:path";
import type { Logger } from "../../collector/logger.ts";
import type { RecordExporter } from "../../collector/record-exporter.ts";
import { requeueDeadLetters } from "../../collector/spool/requeue.ts";
import { TracingError } from "../../core/errors.ts";
import { deliverSpools } from "../../drain-spools.ts";
import { exporterFor } from "../../otlp/otlp-exporter.ts";
import { resolveOtlpOptions } from "../../otlp/otlp-options.ts";
import { createStoreExporter } from "../../store/store-exporter.ts";
import { count } from "../counted.ts";
import { type CliIo, writeLine } from "../io.ts";
import { createProgress } from "../progress.ts";
import type { CommonFlags } from "../store-flags.ts";
import { withStore } from "../store-session.ts";
import type { SpoolEntry } from "./overview.ts";

/** What became of the dead letters for one destination. */
export interface Retried {
  destination: SpoolEntry["destination"];
  /** Records that were put back. */
  records: number;
  /** Lines that hold no record; they stay. */
  unreadable: number;
  /** Of the spans among what was put back or waited already. */
  delivered: number;
  refused: number;
  pending: number;
}

/** Puts the dead letters for one destination back and delivers them, when it answers. @throws {TracingError} when not. */
export async function retry(
  destination: SpoolEntry["destination"],
  entries: readonly SpoolEntry[],
  flags: CommonFlags,
  io: CliIo,
): Promise<Retried> {
  if (destination === "otlp") return retryWith(await reachOtlp(io), destination, entries, io);
  return withStore(flags, io, async (store) => {
    // Whatever is the matter with the store is told before anything is touched.
    await store.repo.schemaVersion();
    return retryWith(createStoreExporter(store.client), destination, entries, io);
  });
}

async function reachOtlp(io: CliIo): Promise<RecordExporter> {
  const options = resolveOtlpOptions(undefined, io.env);
  if (!options) {
    throw new TracingError(
      "invalid-option",
      "Nothing says where to send what was meant for an OTLP backend.",
      {
        hint: "Set OTEL_EXPORTER_OTLP_ENDPOINT.",
      },
    );
  }
  const exporter = exporterFor(options, toLogger(io));
  await exporter.open();
  if (await exporter.ready()) return exporter;
  throw new TracingError("unreachable", "The OTLP backend takes no requests now; nothing has been changed.", {
    hint: "Check OTEL_EXPORTER_OTLP_ENDPOINT and OTEL_EXPORTER_OTLP_HEADERS; `tracing doctor` says more.",
  });
}

async function retryWith(
  exporter: RecordExporter,
  destination: SpoolEntry["destination"],
  entries: readonly SpoolEntry[],
  io: CliIo,
): Promise<Retried> {
  let records = 0;
  let unreadable = 0;
  for (const { directory } of entries) {
    const requeued = requeueDeadLetters(dirname(directory), basename(directory));
    records += requeued.records;
    unreadable += requeued.unreadable;
  }
  const none = { delivered: 0, refused: 0, pending: 0 };
  const [first] = entries;
  if (records === 0 || first === undefined) return { destination, records, unreadable, ...none };
  const progress = createProgress(io);
  try {
    const { delivered, deadLettered, pending } = await deliverSpools({
      exporter,
      spoolDir: dirname(first.directory),
      logger: toLogger(io),
      onProgress: (stats) =>
        progress.say(`Sent ${count(stats.delivered, "span")}, ${count(stats.pending, "span")} left`),
    });
    return { destination, records, unreadable, delivered, refused: deadLettered, pending };
  } finally {
    progress.end();
  }
}

function toLogger({ stderr }: CliIo): Logger {
  return { info: () => undefined, warn: (message) => writeLine(stderr, message) };
}
