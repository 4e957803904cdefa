import type { StoreClient } from "../../store/store-client.ts";
import { TraceRepo } from "../../store/trace-repo.ts";
import type { ContractRunner } from "../contract-runner.ts";
import { describeErasure } from "./erasure.ts";
import { describeIngest } from "./ingest.ts";
import { describeManagement } from "./management.ts";
import { describeReading } from "./reading.ts";
import { describeStatistics } from "./statistics.ts";
import type { StoreUnderTest } from "./store-under-test.ts";

/** What to run the contract on. */
export interface StoreContractOptions {
  /** The test runner's functions. */
  runner: ContractRunner;
  /** Opens a store with the newest schema; it is closed when the suite ends. Other traces in it do no harm. */
  open(): Promise<StoreClient>;
}

/**
 * What every store keeps to, whichever way its functions are called. For authors of a {@link StoreClient}.
 *
 * @example
 * import { afterAll, beforeAll, describe, it } from "vitest";
 * describeStoreContract("my store", { runner: { afterAll, beforeAll, describe, it }, open: () => openMyStore() });
 */
export function describeStoreContract(name: string, { runner, open }: StoreContractOptions): void {
  runner.describe(`the store contract: ${name}`, () => {
    let client: StoreClient | undefined;
    const store: StoreUnderTest = {
      get client() {
        if (!client) throw new Error("The store is open inside of tests only.");
        return client;
      },
      get repo() {
        return new TraceRepo(this.client);
      },
    };
    runner.beforeAll(async () => {
      client = await open();
    });
    runner.afterAll(async () => client?.close?.());
    describeIngest(runner, store);
    describeReading(runner, store);
    describeStatistics(runner, store);
    describeManagement(runner, store);
    describeErasure(runner, store);
  });
}
