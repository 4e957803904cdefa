import { describe, expect, it } from "vitest";
import { captureText } from "../../../src/capture/capture-text.ts";
import { captureAttributes, captureValue } from "../../../src/capture/capture-value.ts";
import { createRedactor } from "../../../src/capture/redaction/redact.ts";
import { DEFAULT_CAPTURE_LIMITS } from "../../../src/capture/settings.ts";
import { SECRETS } from "./secrets.ts";

const redactor = createRedactor();
const settings = { redactor, limits: DEFAULT_CAPTURE_LIMITS };
const captured = (value: unknown) => captureValue(value, settings).json;

describe.each(SECRETS)("$kind", ({ text, hidden }) => {
  const expectHidden = (json: string) => {
    expect(json).not.toContain(hidden);
    expect(json).not.toContain(JSON.stringify(hidden).slice(1, -1));
    expect(json).not.toContain(Buffer.from(hidden).toString("base64").slice(0, -4));
  };

  it("is hidden as a value, an element, a key and a key of a map", () => {
    expectHidden(captured(text));
    expectHidden(captured({ note: text, list: ["a", [text]], deep: { deeper: { deepest: text } } }));
    expectHidden(captured({ [text]: 1 }));
    expectHidden(captured(new Map<unknown, unknown>([[text, text]])));
    expectHidden(
      captured(
        new Map<unknown, unknown>([
          [1, text],
          [text, 2],
        ]),
      ),
    );
    expectHidden(captured(new Set([text])));
    expectHidden(captured(new String(text)));
    expectHidden(captured({ toJSON: () => text }));
    expectHidden(captured(Symbol(text)));
    expectHidden(captured(Object.defineProperty(() => 1, "name", { value: text })));
  });

  it("is hidden in errors and in what getters throw", () => {
    const error = Object.assign(new Error(text, { cause: new Error(text) }), { request: { body: text } });
    expectHidden(captured(error));
    const thrower = Object.defineProperty({}, "x", {
      get: () => {
        throw error;
      },
      enumerable: true,
    });
    expectHidden(captured(thrower));
  });

  it("is hidden in bytes", () => {
    expectHidden(captured(Buffer.from(text)));
    expectHidden(captured(new TextEncoder().encode(`${text} and more`)));
    expect(captured(Buffer.from(text, "utf16le"))).not.toContain(
      Buffer.from(hidden, "utf16le").toString("base64").slice(0, -4),
    );
  });

  it("is hidden in attributes and texts", () => {
    expectHidden(captureAttributes({ note: text, list: [text], [text]: 1 }, settings));
    expectHidden(captureText(text, 8_192, redactor).text);
  });

  it("leaves no half behind wherever a text is cut", () => {
    const length = 3_000;
    const start = hidden.slice(0, Math.max(6, Math.floor(hidden.length / 3)));
    for (const before of [0, 1, 5, 17, text.length >> 1, text.length - 1, text.length + 3]) {
      const padding = " .".repeat(length).slice(0, length - before);
      const long = `${padding} ${text} ${" ;".repeat(40_000)}`;
      const limits = { ...DEFAULT_CAPTURE_LIMITS, maxBytes: length };
      expect(captureValue(long, { redactor, limits }).json).not.toContain(start);
      expect(captureText(long, length, redactor).text).not.toContain(start);
      expect(captureText(padding + text, length, redactor).text).not.toContain(start);
    }
  });

  it("leaves no half behind at the end of what is read", () => {
    // All that stands before it is redacted away, so the end of the stretch that is read comes into view.
    const filler = `password=${"x".repeat(6_000)} `;
    for (let shift = 0; shift < text.length + 20; shift += 3) {
      const long = `${filler.slice(0, filler.length - shift)} ${text} `.repeat(3) + "y ".repeat(50_000);
      const limits = { ...DEFAULT_CAPTURE_LIMITS, maxBytes: 2_000 };
      expectHidden(captureValue(long, { redactor, limits }).json);
    }
  });
});

describe("a value under a secret's name", () => {
  it.each([
    { password: "plain words" },
    { password: 1234 },
    { credentials: { user: "plain words", list: ["plain words"] } },
    { headers: { Authorization: ["plain words"] } },
    new Map([["apiKey", "plain words"]]),
    new Map<unknown, unknown>([
      [1, 2],
      ["apiKey", "plain words"],
    ]),
    { headers: [["Cookie", "plain words"]] },
    { rawHeaders: ["Host", "a", "Set-Cookie", "plain words"] },
    { headers: [{ name: "X-Api-Key", value: "plain words" }] },
    { attributes: [{ value: { stringValue: "plain words" }, key: "access_token" }] },
    new Headers({ cookie: "plain words" }),
    new URLSearchParams({ token: "plain words" }),
    new Request("https://example.org", { headers: { authorization: "plain words" } }),
    Object.assign(new Error("failed"), {
      config: { auth: { username: "plain words", password: "plain words" } },
    }),
    { toJSON: () => ({ secret: "plain words" }) },
  ])("is not kept: %j", (value) => {
    const json = captured(value);
    expect(json).not.toMatch(/plain|1234/);
    expect(json).toContain("[redacted]");
  });

  it("is not even read past the name", () => {
    const json = captured({ password: { toJSON: () => expect.unreachable() } });
    expect(json).toBe('{"password":"[redacted]"}');
  });

  it("is kept when it says nothing", () => {
    expect(captured({ password: null, token: "", secret: false })).toBe(
      '{"password":null,"token":"","secret":false}',
    );
  });

  it("shows list of names as they are", () => {
    expect(captured({ required: ["password", "token"] })).toBe('{"required":["password","token"]}');
  });
});
