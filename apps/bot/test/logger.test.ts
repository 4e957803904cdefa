import { describe, expect, it } from "vitest";
import { ORDINARY_TEXTS } from "../../../packages/tracing/test/capture/redaction/ordinary-texts.ts";
import { SECRETS } from "../../../packages/tracing/test/capture/redaction/secrets.ts";
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

  it.each(SECRETS)("leaves out what nobody told it of: $kind", ({ text, hidden }) => {
    const lines = logged([], (logger) => {
      const error = new Error(text, { cause: new AggregateError([new Error(text)], text) });
      logger.error({ err: error, note: text, deep: { list: [text] }, [text]: 1 }, `It failed: ${text}`);
      logger.info("%s", text);
    });
    for (const line of lines) JSON.parse(line);
    for (const form of [hidden, JSON.stringify(hidden).slice(1, -1), encodeURIComponent(hidden)]) {
      expect(lines.join("")).not.toContain(form);
    }
  });

  it("leaves ordinary texts as they are", () => {
    const lines = logged([], (logger) => {
      for (const text of ORDINARY_TEXTS) logger.info({ text }, text);
    });
    expect(lines.map((line) => JSON.parse(line).text)).toEqual(ORDINARY_TEXTS);
    expect(lines.map((line) => JSON.parse(line).msg)).toEqual(ORDINARY_TEXTS);
  });
});
