import { describe, expect, it } from "vitest";
import { createLogger } from "../src/logger.ts";
import { type Part, Service } from "../src/service.ts";

function record() {
  const steps: string[] = [];
  const part = (name: string, fail: "start" | "stop" | "hang" | "" = ""): Part => ({
    name,
    async start() {
      steps.push(`start ${name}`);
      if (fail === "start") throw new Error(`${name} is broken`);
    },
    async stop() {
      steps.push(`stop ${name}`);
      if (fail === "stop") throw new Error(`${name} is stuck`);
      if (fail === "hang") await new Promise(() => undefined);
    },
  });
  const lines: string[] = [];
  const logger = createLogger({
    level: "info",
    secrets: [],
    destination: { write: (line) => lines.push(line) },
  });
  return { steps, part, lines, logger };
}

describe("Service", () => {
  it("starts its parts in order and stops them in the opposite one", async () => {
    const { steps, part, logger } = record();
    const service = new Service({ parts: [part("client"), part("collector"), part("updates")], logger });
    await service.start();
    expect(await service.stop()).toBe(true);
    expect(steps).toEqual([
      "start client",
      "start collector",
      "start updates",
      "stop updates",
      "stop collector",
      "stop client",
    ]);
  });

  it("stops what was begun when a part cannot start", async () => {
    const { steps, part, logger } = record();
    const service = new Service({
      parts: [part("client"), part("collector", "start"), part("updates")],
      logger,
    });
    await expect(service.start()).rejects.toThrow("collector is broken");
    expect(steps).toEqual(["start client", "start collector", "stop collector", "stop client"]);
  });

  it("stops the rest when a part fails to stop, and says so", async () => {
    const { steps, part, logger, lines } = record();
    const service = new Service({ parts: [part("client"), part("collector", "stop")], logger });
    await service.start();
    expect(await service.stop()).toBe(false);
    expect(steps.slice(2)).toEqual(["stop collector", "stop client"]);
    expect(lines.join("")).toContain("Could not be stopped in order: collector");
  });

  it("gives a part that hangs no more than its time", async () => {
    const { part, logger, lines } = record();
    const service = new Service({ parts: [part("client", "hang")], logger, stopWithinMs: 20 });
    await service.start();
    expect(await service.stop()).toBe(false);
    expect(lines.join("")).toContain("cut short");
  });

  it("stops once, whoever asks", async () => {
    const { steps, part, logger } = record();
    const service = new Service({ parts: [part("client")], logger });
    await service.start();
    await Promise.all([service.stop(), service.stop()]);
    expect(steps).toEqual(["start client", "stop client"]);
  });
});
