import { TracingError, type TracingErrorCode } from "../core/errors.ts";
import type { OpenStore } from "../open-store.ts";
import { formatCount } from "../render/format.ts";
import { StoreError, type StoreErrorKind } from "../store/store-client.ts";
import { resolveStoreOptions, sourceOfNoStore } from "../tracing-options.ts";
import { type CliIo, writeLine } from "./io.ts";
import { type CommonFlags, namesStore, toStoreOptions } from "./store-flags.ts";
import { type StoreKind, toTrouble } from "./store-trouble.ts";

/**
 * Opens the configured store, hands it to `use` and closes it again whatever happens.
 *
 * @throws {TracingError} whose hint names the command or setting that mends it.
 */
export async function withStore<T>(
  flags: CommonFlags,
  io: CliIo,
  use: (store: OpenStore) => Promise<T>,
): Promise<T> {
  requireStore(flags, io);
  const options = resolveStoreOptions(toStoreOptions(flags, io.env), io.env);
  // Loaded here, so that --help and a mistyped option answer at once.
  const { openResolvedStore } = await import("../open-store.ts");
  const store = await openResolvedStore(options);
  try {
    return await use(store);
  } catch (error) {
    throw error instanceof StoreError ? toTracingError(error, store.kind) : error;
  } finally {
    await store.close();
  }
}

/** Traces that are only sent on are nowhere to be read; a store that the command line names is another matter. */
function requireStore(flags: CommonFlags, { env }: CliIo): void {
  if (namesStore(flags)) return;
  const source = sourceOfNoStore({}, env);
  if (source === undefined) return;
  throw new TracingError(
    "no-store",
    `There is no store here: ${source} is "none", so that traces are only sent over OTLP.`,
    { hint: "Read them where they are sent to, or name a store with --database-url or --insforge-url." },
  );
}

/**
 * As {@link withStore}, for commands that read. When the store is embedded, what dead processes left in the spool is
 * stored first: there is no service that would do it later.
 */
export async function withStoreToRead<T>(
  flags: CommonFlags,
  io: CliIo,
  use: (store: OpenStore) => Promise<T>,
): Promise<T> {
  return withStore(flags, io, async (store) => {
    if (store.kind === "embedded") await drain(store, flags, io);
    return use(store);
  });
}

async function drain(store: OpenStore, flags: CommonFlags, io: CliIo): Promise<void> {
  const { spoolDir } = resolveStoreOptions(toStoreOptions(flags, io.env), io.env);
  const { drainSpools } = await import("../drain-spools.ts");
  const say = (message: string) => writeLine(io.stderr, message);
  const { pending } = await drainSpools({ store, spoolDir, logger: { info: () => undefined, warn: say } });
  if (pending > 0) say(`${formatCount(pending)} spans still wait in the spool; \`tracing doctor\` says why.`);
}

const CODES: Readonly<Record<StoreErrorKind, TracingErrorCode>> = {
  unreachable: "unreachable",
  unavailable: "store-failed",
  unauthorized: "unauthorized",
  "schema-missing": "schema-missing",
  "too-large": "store-failed",
  rejected: "store-failed",
};

function toTracingError(error: StoreError, kind: StoreKind): TracingError {
  const { message, cure } = toTrouble(error, kind);
  return new TracingError(CODES[error.kind], message, { hint: cure, cause: error });
}
