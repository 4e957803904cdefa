import type { StoreClient } from "../../store/store-client.ts";
import type { TraceRepo } from "../../store/trace-repo.ts";

/** The store that a contract suite runs on; usable inside of tests only. */
export interface StoreUnderTest {
  readonly client: StoreClient;
  readonly repo: TraceRepo;
}
