import { sampleModelCall, sampleRecord } from "@app/tracing/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AdminWorld, type SeenMessage } from "./admin-world.ts";

let world: AdminWorld;
const ids = Array.from({ length: 20 }, (_, index) => index.toString(16).padStart(4, "0").repeat(8));

beforeAll(async () => {
  world = await AdminWorld.start();
  const roots = ids.map((trace_id, index) =>
    sampleRecord({
      trace_id,
      pipeline: index % 2 === 0 ? "learn" : "support_regen",
      start: new Date(Date.now() - (index + 1) * 60_000).toISOString(),
      user_id: index < 10 ? "42" : "4300000000",
      ...(index === 3 && { status: "error" as const, error_type: "ModelError", error_message: "429: busy" }),
    }),
  );
  await world.tracing.repo.ingest([...roots, ...roots.map((root) => sampleModelCall(root))]);
});
afterAll(() => world.stop());

const openings = ({ buttons }: SeenMessage) =>
  [...buttons].filter(([label]) => /^\d$/.test(label)).map(([, data]) => data.split(/[ :]/)[2]);

describe("/admin traces", () => {
  it("lists the last runs, eight a page, with status, time, cost and user, on a phone's width", async () => {
    const { text, buttons, entities } = await world.send("/admin traces");
    expect([...buttons.keys()]).toEqual([..."12345678", "Older", "Refresh", "Overview"]);
    const [title, ...lines] = text.split("\n");
    expect(title).toBe("Last runs");
    expect(lines).toHaveLength(16);
    expect(lines[0]).toBe("1 ✓ learn          1.50 s  1 min ago");
    expect(lines[1]).toBe("    00000000  $0.001  user 42");
    expect(lines[6]).toBe("4 ✗ support_regen  1.50 s  4 min ago");
    expect(lines[7]).toBe("    00030003  error  $0.001  user 42");
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(40);
    expect(entities.map(({ type }) => type)).toEqual(["bold", "pre"]);
  });

  it("pages through all of them, each once, and back to the newest", async () => {
    let page = await world.send("/admin traces");
    const seen = openings(page);
    while (page.buttons.has("Older")) {
      page = await world.press(page, "Older");
      seen.push(...openings(page));
    }
    expect(seen).toEqual(ids);
    expect(page.text).toContain("Earlier runs");
    expect(openings(await world.press(page, "Newest"))).toEqual(ids.slice(0, 8));
  });

  it("opens a run, and goes back to the page it was on", async () => {
    const second = await world.press(await world.send("/admin traces"), "Older");
    const trace = await world.press(second, "2");
    expect(trace.text).toContain(ids[9]);
    const back = await world.press(trace, "Back to traces");
    expect(back.text).toBe(second.text);
    expect(back.buttons).toEqual(second.buttons);
  });

  it("keeps filters from page to page, and leaves them on demand", async () => {
    let page = await world.send("/admin traces  pipeline=support_regen   user=42");
    expect(page.text).toContain("pipeline=support_regen user=42");
    expect(openings(page)).toEqual([1, 3, 5, 7, 9].map((index) => ids[index]));
    expect(page.buttons.has("Older")).toBe(false);
    page = await world.send("/admin traces pipeline=learn");
    page = await world.press(page, "Older");
    expect(openings(page)).toEqual([16, 18].map((index) => ids[index]));
    page = await world.press(page, "Newest");
    expect(openings(page)[7]).toBe(ids[14]);
    expect(openings(await world.press(page, "All"))).toEqual(ids.slice(0, 8));
    expect(openings(await world.send("/admin traces status=error"))).toEqual([ids[3]]);
    expect((await world.send("/admin traces tag=none")).text).toContain("No run matches.");
  });

  it("says what a filter may be", async () => {
    expect((await world.send("/admin traces status=bad")).text).toBe(
      'I do not understand "status=bad". Accepted: status is one of ok, error, running, interrupted.',
    );
    for (const filter of ["learn", "user=", "constructor=1"]) {
      const { text, buttons } = await world.send(`/admin traces ${filter}`);
      expect(text).toContain(`I do not understand "${filter}". Accepted: status=error pipeline=learn`);
      expect(buttons.has("Newest")).toBe(true);
    }
  });

  it("says that a list is outdated whose page it does not know, and offers the newest", async () => {
    const list = await world.send("/admin traces");
    const outdated = await world.press(list, "admin:traces:page=00000000");
    expect(outdated.text).toContain("This list is outdated");
    expect(openings(await world.press(outdated, "Newest"))).toEqual(ids.slice(0, 8));
  });

  it("puts no more into a button than Telegram takes", async () => {
    const data = world.allData();
    expect(data.length).toBeGreaterThan(50);
    expect(Math.max(...data.map((text) => Buffer.byteLength(text)))).toBeLessThanOrEqual(64);
  });
});
