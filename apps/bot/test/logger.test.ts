import { describe, expect, it } from "vitest";
import { createLogger } from "../src/logger.ts";

function logged(secrets: string[], write: (logger: ReturnType<typeof createLogger>) => void) {
  const lines: string[] = [];
  write(createLogger({ level: "info", secrets, destination: { write: (line) => lines.push(line) } }));
  return lines;
}

describe("createLogger", () => {
  it("writes JSON with a readable level and time", () => {
    const [line = ""] = logged([], (logger) => logger.info({ update: 7 }, "hello"));
    expect(JSON.parse(line)).toEqual({
      level: "info",
      time: expect.stringMatching(/^\d{4}-/),
      update: 7,
      msg: "hello",
    });
  });

  it("leaves known secrets out of messages, fields, errors and their causes, encoded or not", () => {
    const token = "123456:AA-secret-token";
    const cause = new Error(`GET https://api.example/bot${token}/getMe and ${encodeURIComponent(token)}`);
    const lines = logged([token], (logger) => {
      logger.warn({ err: new Error("failed", { cause }), url: `/bot${token}/getMe` }, `with ${token}`);
    });
    expect(lines.join("")).not.toContain("secret-token");
    expect(lines.join("")).toContain("[redacted]");
  });

  it("keeps of an error what helps, not what a library hung on it", () => {
    const error = Object.assign(new TypeError("no"), { request: { headers: { authorization: "Bearer x" } } });
    const [line = ""] = logged([], (logger) => logger.error({ err: error }, "failed"));
    expect(JSON.parse(line).err).toEqual({
      type: "TypeError",
      message: "no",
      stack: expect.stringContaining("TypeError: no"),
    });
  });
});
