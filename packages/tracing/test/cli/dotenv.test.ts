import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadEnv } from "../../src/cli/dotenv.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "tracing-env-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

describe("the .env file", () => {
  it("completes the environment and never overrides it", () => {
    writeFileSync(join(directory, ".env"), 'DATABASE_URL="postgres://file"\nDATA_DIR=./file # where\n');
    const { env, file } = loadEnv(directory, { DATA_DIR: "./shell" });
    expect(env).toEqual({ DATABASE_URL: "postgres://file", DATA_DIR: "./shell" });
    expect(file).toEqual({ path: join(directory, ".env"), names: new Set(["DATABASE_URL"]) });
  });

  it("may be absent", () => {
    const env = { PATH: "/bin" };
    expect(loadEnv(directory, env)).toEqual({ env });
  });

  it("is not passed over when it cannot be read", () => {
    mkdirSync(join(directory, ".env"));
    expect(() => loadEnv(directory, {})).toThrow(/EISDIR/);
  });
});
