import { describe, expect, it } from "vitest";
import {
  CaptureOptionError,
  type CaptureOptions,
  DEFAULT_CAPTURE_LIMITS,
  defaultCaptureSettings,
  resolveCaptureSettings,
} from "../../src/capture/settings.ts";

const content = (value: string | undefined) => ({ TRACING_CAPTURE_CONTENT: value });

describe("capture settings", () => {
  it("are the defaults when nothing is said", () => {
    const settings = resolveCaptureSettings({}, {});
    expect(settings).toMatchObject({
      content: true,
      limits: { maxBytes: 50_000, maxDepth: 64, maxNodes: 20_000 },
    });
    expect(settings.redactor.text("password=x")).toBe("password=[redacted]");
    expect(Object.isFrozen(settings) && Object.isFrozen(settings.limits)).toBe(true);
  });

  it.each([
    ["true", true],
    ["1", true],
    ["", true],
    [undefined, true],
    ["false", false],
    ["0", false],
    ["False", false],
  ])("read TRACING_CAPTURE_CONTENT=%s", (value, expected) => {
    expect(resolveCaptureSettings({}, content(value)).content).toBe(expected);
    expect(defaultCaptureSettings(content(value)).content).toBe(expected);
  });

  it("take the code's word over the environment's", () => {
    expect(resolveCaptureSettings({ content: true }, content("false")).content).toBe(true);
    expect(resolveCaptureSettings({ content: false, maxBytes: 1_000 }, {}).limits.maxBytes).toBe(1_000);
    expect(DEFAULT_CAPTURE_LIMITS.maxBytes).toBe(50_000);
  });

  it("pass the redact options on", () => {
    const { redactor } = resolveCaptureSettings(
      { redact: { names: ["shoe size"], patterns: [/ACME-\d+/] } },
      {},
    );
    expect(redactor.isSecretName("shoeSize")).toBe(true);
    expect(redactor.text("ACME-1")).toBe("[redacted]");
  });

  it.each([
    [{ content: "yes" }, "capture.content"],
    [{ maxBytes: 10 }, "capture.maxBytes"],
    [{ maxBytes: 1e9 }, "capture.maxBytes"],
    [{ maxBytes: "50000" }, "capture.maxBytes"],
    [{ redact: false }, "capture.redact"],
    [{ redact: { names: "password" } }, "capture.redact.names"],
    [{ redact: { names: [1] } }, "capture.redact.names"],
    [{ redact: { patterns: ["x"] } }, "capture.redact.patterns"],
    [{ redact: { hook: "x" } }, "capture.redact.hook"],
  ])("refuse %j, naming the option", (options, option) => {
    const resolve = () => resolveCaptureSettings(options as unknown as CaptureOptions, {});
    expect(resolve).toThrow(CaptureOptionError);
    expect(resolve).toThrow(expect.objectContaining({ option }));
    expect(resolve).toThrow(/^capture\.[\w.]+ is .+; accepted: .+\.$/);
  });

  it("refuse an unknown TRACING_CAPTURE_CONTENT, and outside startTracing keep content out", () => {
    expect(() => resolveCaptureSettings({}, content("no"))).toThrow(
      /TRACING_CAPTURE_CONTENT is no; accepted/,
    );
    expect(defaultCaptureSettings(content("no")).content).toBe(false);
  });
});
