import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { recordStream } from "../../src/core/record-stream.ts";
import { TraceContext } from "../../src/core/trace-context.ts";
import { tracedSpan } from "../../src/core/traced-span.ts";
import { ORDINARY_TEXTS } from "../capture/redaction/ordinary-texts.ts";
import { SECRETS } from "../capture/redaction/secrets.ts";
import { installTestRuntime, type TestRuntime } from "../support/private-runtime.ts";

let runtime: TestRuntime;

beforeEach(() => {
  runtime = installTestRuntime();
});
afterEach(() => runtime.undo());

const BEFORE = "The rep said: ";
const AFTER = "\nand went on.";

function cutIntoPieces(text: string, length: number): string[] {
  return Array.from({ length: Math.ceil(text.length / length) }, (_, n) =>
    text.slice(n * length, (n + 1) * length),
  );
}

/** The forms in which models and servers stream a text. */
const FORMS: Readonly<Record<string, (piece: string, index: number) => unknown>> = {
  text: (piece) => piece,
  parts: (piece, index) => ({ type: "text-delta", id: String(index), delta: piece }),
  choices: (piece) => ({ object: "chunk", choices: [{ index: 0, delta: { content: piece } }] }),
  "nested blocks": (piece) => ({ type: "content_block_delta", delta: { type: "text_delta", text: piece } }),
  bytes: (piece) => new TextEncoder().encode(piece),
};

/** The output that is kept of a stream of these items, by either way there is. */
async function outputsOf(items: readonly unknown[]): Promise<string[]> {
  const generator = tracedSpan("generator")(async function* () {
    yield* items;
  });
  const recorded = tracedSpan("recorded")(async () => recordStream(ReadableStream.from(items)));
  await TraceContext.run({ pipelineName: "p" }, async () => {
    for await (const _ of generator());
    for await (const _ of await recorded());
  });
  return ["generator", "recorded"].map((name) => String(runtime.span(name).attributes["tracing.output"]));
}

/** All texts in a JSON text, one after the other; bytes as what they say. */
function textsOf(json: string): string {
  const texts: string[] = [];
  JSON.parse(json, (_, value: unknown) => {
    if (typeof value !== "string") return value;
    const bytes = /^\[Uint8Array, \d+ bytes\] (.*)$/.exec(value)?.[1];
    texts.push(bytes === undefined ? value : Buffer.from(bytes, "base64").toString("latin1"));
    return value;
  });
  return texts.join("");
}

describe.each(Object.entries(FORMS))("a secret that is streamed in pieces, as %s,", (form, toItem) => {
  it.each([5, 20])("is kept in none of them, of %d characters each", async (length) => {
    for (const { kind, text, hidden } of SECRETS) {
      const items = cutIntoPieces(BEFORE + text + AFTER, length).map(toItem);
      for (const output of await outputsOf(items)) {
        const inner = hidden.slice(2, -2);
        const pieces = cutIntoPieces(inner, 4).filter((piece) => piece.length === 4);
        expect(textsOf(output), kind).not.toContain(hidden);
        // Of the pieces of a long secret hardly any may stand there, whatever stands between them.
        const shown = pieces.filter((piece) => textsOf(output).includes(piece));
        if (pieces.length > 4)
          expect(shown.length, `${kind} in ${form}: ${output}`).toBeLessThan(pieces.length / 2);
      }
      runtime.undo();
      runtime = installTestRuntime();
    }
  });
});

it("a stream without secrets is kept as it is", async () => {
  const text = ORDINARY_TEXTS.slice(0, 20).join("\n");
  for (const toItem of [FORMS.parts, FORMS.choices]) {
    const items = cutIntoPieces(text, 5).map((piece, index) => toItem?.(piece, index));
    for (const output of await outputsOf(items)) expect(JSON.parse(output)).toEqual(items);
    runtime.undo();
    runtime = installTestRuntime();
  }
});

it("what stands around a secret is kept", async () => {
  const key = `sk-or-v1-${"a1B2c3D4".repeat(6)}`;
  const items = ["Your key: ", key.slice(0, 20), key.slice(20), " is revoked"].map((delta) => ({ delta }));
  for (const output of await outputsOf(items)) {
    expect(JSON.parse(output)).toEqual([
      { delta: "Your key: " },
      { delta: "[redacted]" },
      { delta: "[redacted]" },
      { delta: " is revoked" },
    ]);
  }
});

it("items that cannot be looked at harm nobody", async () => {
  const trap = new Proxy(
    {},
    { getPrototypeOf: () => expect.unreachable(), ownKeys: () => expect.unreachable() },
  );
  const items = [
    { delta: "a" },
    trap,
    {
      get delta() {
        return expect.unreachable();
      },
    },
    new Map(),
    7,
  ];
  for (const output of await outputsOf(items)) expect(JSON.parse(output)).toHaveLength(items.length);
});
