import { describe, expect, it } from "vitest";
import { Lifecycle, StartGivenUpError } from "../src/lifecycle.ts";
import { createLogger } from "../src/logger.ts";

function begin(stopWithinMs = 1_000) {
  const steps: string[] = [];
  const lines: string[] = [];
  const logger = createLogger({
    level: "info",
    secrets: [],
    destination: { write: (line) => lines.push(JSON.parse(line).msg) },
  });
  const lifecycle = new Lifecycle({ logger, stopWithinMs });
  const add = (name: string) =>
    lifecycle.part(name, {
      start: () => {
        steps.push(`start ${name}`);
        return name.toUpperCase();
      },
      stop: (part) => steps.push(`stop ${part}`),
    });
  return { steps, lines, lifecycle, add };
}

describe("Lifecycle", () => {
  it("stops its parts in the opposite order of their start, and says each step", async () => {
    const { steps, lines, lifecycle, add } = begin();
    expect(await add("client")).toBe("CLIENT");
    await add("collector");
    await lifecycle.part("handlers", { stop: () => steps.push("stop HANDLERS") });
    await add("updates");
    expect(await lifecycle.stop()).toBe(true);
    expect(steps).toEqual([
      ...["start client", "start collector", "start updates"],
      ...["stop UPDATES", "stop HANDLERS", "stop COLLECTOR", "stop CLIENT"],
    ]);
    expect(lines).toEqual([
      ...["Started: client", "Started: collector", "Started: updates"],
      ...["Stopped: updates", "Stopped: handlers", "Stopped: collector", "Stopped: client"],
    ]);
  });

  it("passes on what a part throws, and stops those before it when asked to", async () => {
    const { steps, lifecycle, add } = begin();
    await add("client");
    const broken = lifecycle.part("collector", {
      start: () => Promise.reject(new Error("broken")),
      stop: () => steps.push("stop COLLECTOR"),
    });
    await expect(broken).rejects.toThrow("broken");
    await lifecycle.stop();
    expect(steps).toEqual(["start client", "stop CLIENT"]);
  });

  it("stops a part that is just being started, and starts no further one", async () => {
    const { steps, lifecycle, add } = begin();
    const opened = Promise.withResolvers<string>();
    const starting = lifecycle.part("client", {
      start: () => opened.promise,
      stop: (part) => steps.push(`stop ${part}`),
    });
    await lifecycle.stop();
    opened.resolve("CLIENT");
    await expect(starting).rejects.toBeInstanceOf(StartGivenUpError);
    await expect(add("updates")).rejects.toBeInstanceOf(StartGivenUpError);
    expect(steps).toEqual(["stop CLIENT"]);
  });

  it("ends a start that waits, when its part may be stopped meanwhile", async () => {
    const { steps, lines, lifecycle, add } = begin();
    await add("client");
    const waited = Promise.withResolvers<void>();
    const starting = lifecycle.patientPart("updates", {
      start: () => waited.promise,
      stop: () => {
        steps.push("stop UPDATES");
        waited.resolve();
      },
    });
    await lifecycle.stop();
    await expect(starting).rejects.toBeInstanceOf(StartGivenUpError);
    expect(steps).toEqual(["start client", "stop UPDATES", "stop CLIENT"]);
    expect(lines).not.toContain("Started: updates");
  });

  it("stops the rest when a part fails to stop, and says so", async () => {
    const { steps, lines, lifecycle, add } = begin();
    await add("client");
    await lifecycle.part("collector", { stop: () => Promise.reject(new Error("stuck")) });
    expect(await lifecycle.stop()).toBe(false);
    expect(steps).toEqual(["start client", "stop CLIENT"]);
    expect(lines).toContain("Could not be stopped in order: collector");
  });

  it("gives a part that hangs no more than its time", async () => {
    const { lines, lifecycle } = begin(20);
    await lifecycle.part("client", { stop: () => new Promise(() => undefined) });
    expect(await lifecycle.stop()).toBe(false);
    expect(lines.at(-1)).toContain("cut short");
  });

  it("stops once, whoever asks", async () => {
    const { steps, lifecycle, add } = begin();
    await add("client");
    await Promise.all([lifecycle.stop(), lifecycle.stop()]);
    expect(steps).toEqual(["start client", "stop CLIENT"]);
  });
});
