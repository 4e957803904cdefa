import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { UNKNOWN_COMMAND } from "../../../src/handlers/messages.ts";
import { OUTDATED } from "../../../src/handlers/show.ts";
import { AdminWorld, STRANGER } from "./admin-world.ts";

let world: AdminWorld;
beforeAll(async () => {
  world = await AdminWorld.start();
});
afterAll(() => world.stop());

const COMMANDS = ["health", "traces", "trace", "errors", "stats", "test"];

describe("/admin", () => {
  it("answers a stranger as it answers a command that does not exist", async () => {
    for (const command of ["", ...COMMANDS]) {
      const { text, buttons } = await world.send(`/admin ${command}`.trim(), STRANGER);
      expect(text).toBe(UNKNOWN_COMMAND);
      expect(buttons.size).toBe(0);
    }
  });

  it("answers a stranger's press as that of a button that does not exist", async () => {
    const message = await world.send("/help", STRANGER);
    for (const name of ["overview", ...COMMANDS]) {
      expect((await world.press(message, `admin:${name}`, STRANGER)).text).toBe(OUTDATED);
    }
  });

  it("shows an admin what there is, with a button for each that needs no argument", async () => {
    const { text, buttons } = await world.send("/admin");
    expect([...buttons.keys()]).toEqual(["Health", "Traces", "Errors", "Stats", "Test"]);
    for (const command of COMMANDS) expect(text).toContain(`/admin ${command}`);
    expect(text).toMatch(/Up \d+ s, 0 runs going on\. Telegram: polling\. Traces: ok, 0 spans waiting\./);
  });

  it("answers a press with an edit of the message that was pressed", async () => {
    const overview = await world.send("/admin");
    const health = await world.press(overview, "Health");
    expect(health.messageId).toBe(overview.messageId);
    expect((await world.press(health, "Overview")).text).toBe(overview.text);
  });

  it("takes commands in any case, and says what it received when there is none such", async () => {
    expect((await world.send("/admin HEALTH")).text).toContain("Store");
    const { text, buttons } = await world.send("/admin helth now");
    expect(text).toContain("There is no /admin helth.");
    expect(text).toContain("/admin health");
    expect(buttons.has("Health")).toBe(true);
  });

  it("calls a button outdated whose command is gone", async () => {
    const overview = await world.send("/admin");
    expect((await world.press(overview, "admin:gone:1")).text).toBe(OUTDATED);
  });
});
