import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { machineEnv, output } from "./commands.ts";

const root = new URL("../../../../", import.meta.url);
const pinned = /^ {2}node: \^(\d+)\./m.exec(readFileSync(new URL("pnpm-workspace.yaml", root), "utf8"))?.[1];

describe("the workspace brings its own Node", () => {
  it("to the tests", () => {
    expect(process.versions.node.split(".")[0]).toBe(pinned);
  });

  it.each(["", "packages/tracing", "apps/bot"])(
    "to the scripts of /%s, whatever the machine has",
    async (dir) => {
      const version = await output(
        "npx",
        ["-y", "pnpm", "--config.verify-deps-before-run=false", "exec", "node", "-v"],
        { cwd: fileURLToPath(new URL(dir, root)), env: machineEnv(homedir()) },
      );
      expect(version).toMatch(new RegExp(`^v${pinned}\\.`));
    },
  );
});
