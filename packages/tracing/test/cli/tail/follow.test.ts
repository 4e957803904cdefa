import { expect, it } from "vitest";
import { follow } from "../../../src/cli/tail/follow.ts";
import { TraceFeed } from "../../../src/cli/tail/trace-feed.ts";
import { type StoreClient, StoreError, type StoreErrorKind } from "../../../src/store/store-client.ts";
import { TraceRepo } from "../../../src/store/trace-repo.ts";

/** A store without traces that answers in turn with these failures, where there is one. */
function failing(...failures: (StoreErrorKind | undefined)[]): StoreClient {
  return {
    async rpc() {
      const kind = failures.shift();
      if (kind) throw new StoreError(kind, "no");
      return { traces: [], nextCursor: null };
    },
  };
}

async function followed(client: StoreClient): Promise<string[]> {
  const said: string[] = [];
  const ended = new AbortController();
  await follow({
    feed: new TraceFeed({
      repo: new TraceRepo(client),
      filter: {},
      since: undefined,
      now: () => new Date(),
    }),
    signal: ended.signal,
    onEvent: () => undefined,
    onAway: ({ kind }) => said.push(kind),
    onBack: () => {
      said.push("back");
      ended.abort();
    },
  });
  return said;
}

it("tells of an outage once, however often the store is asked in it", async () => {
  const outage = ["unreachable", "unavailable", "unreachable"] as const;
  expect(await followed(failing(undefined, undefined, ...outage))).toEqual(["unreachable", "back"]);
});

it("does not wait for a store that never answered, or that refuses the key", async () => {
  await expect(followed(failing("unreachable"))).rejects.toMatchObject({ kind: "unreachable" });
  const refusing = failing(undefined, undefined, "unauthorized");
  await expect(followed(refusing)).rejects.toMatchObject({ kind: "unauthorized" });
});
