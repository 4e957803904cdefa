import { describe, expect, it } from "vitest";
import { resolveSampling } from "../../src/collector/sampling.ts";
import { TailSampler } from "../../src/collector/tail-sampler.ts";

/** Ids whose last digits put them outside of any sample. */
const trace = (n: number) => n.toString(16).padStart(19, "0") + "0".repeat(13);

function create(maxHeld: number) {
  const written: string[] = [];
  let dropped = 0;
  const sampler = new TailSampler({
    sampling: resolveSampling({ ratio: 0 }),
    write: (records) => written.push(...records),
    drop: (spans) => {
      dropped += spans;
    },
    maxHeld,
  });
  const end = (n: number, record: string, changes: { failed?: boolean; endsTrace?: boolean } = {}) =>
    sampler.end(
      {
        traceId: trace(n),
        pipeline: undefined,
        tags: [],
        failed: false,
        durationMs: 1,
        endsTrace: false,
        ...changes,
      },
      record,
    );
  return { sampler, end, written, dropped: () => dropped };
}

describe("the tail sampler", () => {
  it("holds no more than its bound: the oldest trace goes, and what follows of it too", () => {
    const { sampler, end, written, dropped } = create(250);
    end(1, "a".repeat(100));
    end(2, "b".repeat(100));
    end(1, "c".repeat(100));
    expect([sampler.held, dropped()]).toEqual([1, 2]);
    end(1, "d".repeat(100), { failed: true });
    expect([written, dropped()]).toEqual([[], 3]);
    end(2, "e", { failed: true });
    expect(written).toEqual(["b".repeat(100), "e"]);
    expect(sampler.held).toBe(0);
  });

  it("leaves out what still waits when it closes", () => {
    const { sampler, end, written, dropped } = create(1_000);
    end(1, "a");
    end(2, "b");
    sampler.close();
    expect([sampler.held, dropped(), written]).toEqual([0, 2, []]);
  });

  it("remembers so many verdicts, and no more", () => {
    const { end, dropped } = create(1_000);
    for (let n = 0; n < 30_000; n++) end(n, "x", { endsTrace: true });
    expect(dropped()).toBe(30_000);
    end(29_999, "late");
    expect(dropped()).toBe(30_001);
  });
});
