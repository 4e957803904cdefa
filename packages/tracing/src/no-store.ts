import { TracingError } from "./core/errors.ts";
import type { StoreClient } from "./store/store-client.ts";

/** Stands where a store would, when traces are only sent on: whoever asks it is told so. */
export const noStore: StoreClient = {
  rpc: () =>
    Promise.reject(
      new TracingError(
        "no-store",
        'Traces cannot be read here: store is "none", so they are only sent over OTLP.',
        {
          hint: "Unset TRACING_STORE, or read them where they are sent to.",
        },
      ),
    ),
};
