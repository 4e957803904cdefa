import type { Outcome, RecordExporter, SendOptions } from "../collector/record-exporter.ts";
import type { EncodedRecord } from "../record/record.ts";
import { RawJson, type RpcOptions, type StoreClient, StoreError } from "./store-client.ts";

export interface StoreExporterOptions {
  /** Days after which traces are dropped. @default kept for ever */
  retentionDays?: number | undefined;
  /** Milliseconds each call waits for its answer. @default the client's own, 30_000 */
  timeoutMs?: number | undefined;
  /** Whether the calls let the process end before they are answered; a collector has all it sends on disk. @default true */
  background?: boolean | undefined;
}

/** Stores records through the client port; the batch goes over as the text it is. */
export function createStoreExporter(
  client: StoreClient,
  { retentionDays, timeoutMs, background = true }: StoreExporterOptions = {},
): Required<RecordExporter> {
  const toRpcOptions = (options: SendOptions): RpcOptions => ({
    ...options,
    background,
    ...(timeoutMs !== undefined && { timeoutMs }),
  });
  return {
    async send(records: readonly EncodedRecord[], options: SendOptions = {}): Promise<Outcome> {
      try {
        const answer = await client.rpc("ingest", { batch: RawJson.arrayOf(records) }, toRpcOptions(options));
        return toOutcome(answer);
      } catch (error) {
        if (error instanceof StoreError) return toFailedOutcome(error);
        throw error;
      }
    },

    async ready(options: SendOptions = {}): Promise<boolean> {
      try {
        return Number(await client.rpc("schema_version", {}, toRpcOptions(options))) >= 1;
      } catch (error) {
        if (error instanceof StoreError) return false;
        throw error;
      }
    },

    async maintain(options: SendOptions = {}): Promise<void> {
      await client.rpc(
        "maintain",
        { options: retentionDays === undefined ? {} : { retentionDays } },
        toRpcOptions(options),
      );
    },
  };
}

function toOutcome(answer: unknown): Outcome {
  // A client of somebody's own may keep the counts to itself.
  const counts = answer ?? {};
  if (typeof counts !== "object" || Array.isArray(counts)) {
    return { status: "retry", reason: "The answer to tracing.ingest is not one that the schema gives." };
  }
  if (!("unsupported" in counts && counts.unsupported === true)) return { status: "stored" };
  const reason = "The schema is too old for these records. Run `tracing migrate`.";
  return { status: "schema-missing", reason };
}

function toFailedOutcome(error: StoreError): Outcome {
  const { kind, message: reason, retryAfterMs } = error;
  switch (kind) {
    case "unreachable":
      return { status: "retry", reason };
    case "unavailable":
      return {
        status: "retry",
        reason,
        ...(retryAfterMs !== undefined && { afterMs: retryAfterMs }),
        ...(blamesServer(error) && { server: true }),
      };
    default:
      return { status: kind, reason };
  }
}

/** SQLSTATEs of load, locks, or a schema in motion: the batch has no part in them. */
const NOT_THE_BATCH = /^(25|40|42|53|55)...$/;
/** Statuses that ask to come back later. */
const LATER: ReadonlySet<number | undefined> = new Set([408, 425, 429]);

/** Whether the backend failed on this batch in a way that may be the batch's own fault, such as an index row too large. */
function blamesServer({ status, code }: StoreError): boolean {
  if (code !== undefined && NOT_THE_BATCH.test(code)) return false;
  return !LATER.has(status) && (status !== undefined || code !== undefined);
}
