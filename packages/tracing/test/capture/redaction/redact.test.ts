import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRedactor, HOOK_FAILED } from "../../../src/capture/redaction/redact.ts";
import { TOKEN_PREFIXES } from "../../../src/capture/redaction/secret-tokens.ts";
import { ORDINARY_TEXTS } from "./ordinary-texts.ts";
import { SECRETS } from "./secrets.ts";

const { text: redact } = createRedactor();

/** What begins, ends and separates things in the eyes of one rule or another. */
const RULE_PARTS: readonly string[] = [
  ...["password", "passphrase:", "token", "Cookie: ", 'Authorization: Digest a="', "name", "key", "value"],
  ...['"name":"password"', '"value":"', 'form-data; name="password"', "PASSWORD '", "identified by '"],
  ...["login a password ", "curl ", " -u a:", "ENV API_KEY ", "--api-key ", "process.env."],
  ...[
    '"',
    "'",
    "`",
    "\\",
    '\\"',
    '\\\\\\"',
    "&quot;",
    "&#39;",
    "[",
    "{",
    "]",
    "}",
    "(",
    ")",
    ",",
    ";",
    "&",
    "*",
  ],
  ...[":", "=", "%3A", "%3D", "%253D", "\\u003d", "://", ":\\/\\/", "%2F%2F", "%40", "@", "@tcp(", "@a:80"],
  ...[
    "<",
    ">",
    "</",
    "<a ",
    "<password>",
    "<![CDATA[",
    "&lt;",
    "&gt;",
    "\n",
    "\\n",
    "\r\n",
    "  ",
    "- ",
    "|\n",
  ],
  ...["password:\n ", "password: |\n  a\n", "\u001b[3m", "\\u001b[", "a", "A", "1", ".", "-", "_", "/", "+"],
  ...["123456:", "/bot1:", "ABCDEFGHIJKLMNOP", "PRIVATE KEY-----", "-----END ", "[redacted]"],
];

describe("a secret in a text", () => {
  it.each(SECRETS)("is replaced: $kind", ({ text, hidden }) => {
    const surroundings = [
      text,
      `Before it. ${text} After it.`,
      `line\n${text}\nline`,
      `(${text})`,
      JSON.stringify({ note: `first\n${text}` }),
      JSON.stringify({ note: text }),
      `Error: request to ${text} failed`,
      `GET https://example.org/?q=${encodeURIComponent(text)}&page=2`,
      encodeURIComponent(JSON.stringify({ note: encodeURIComponent(text) })),
    ];
    for (const whole of surroundings) {
      const result = redact(whole);
      expect(result).toContain("[redacted]");
      expect(result).not.toContain(hidden);
      expect(result).not.toContain(JSON.stringify(hidden).slice(1, -1));
      expect(result).not.toContain(encodeURIComponent(hidden));
    }
  });

  it("leaves what stands around it", () => {
    expect(redact("GET https://u:p@host/x?a=1&api_key=k1&b=2 failed")).toBe(
      "GET https://[redacted]@host/x?a=1&api_key=[redacted]&b=2 failed",
    );
    expect(redact('{"password":"a\\"b","user":"u"}')).toBe('{"password":"[redacted]","user":"u"}');
    expect(redact("Authorization: Bearer abc\nAccept: */*")).toBe("Authorization: [redacted]\nAccept: */*");
    expect(redact("curl -H 'Cookie: a=b; c=d' -v")).toBe("curl -H 'Cookie: [redacted]' -v");
  });

  it("takes all of what is said in a line, also when it is said again", () => {
    const header = 'Authorization: Digest username="app", response="hunter2x"';
    for (const text of [
      `${header}: ${header}`,
      `${header} and more, "quoted"`,
      `{"a":${JSON.stringify(header)}}`,
    ]) {
      expect(redact(text)).not.toMatch(/hunter2x|app/);
    }
    expect(JSON.parse(redact(JSON.stringify({ note: header, n: 1 })))).toEqual({
      note: "Authorization: [redacted]",
      n: 1,
    });
  });

  it("ends a string where it ends, however often it is escaped", () => {
    let text = JSON.stringify({ apiKey: 'a"b\\c\\" d', n: 1 });
    let clean = JSON.stringify({ apiKey: "[redacted]", n: 1 });
    for (let level = 0; level < 4; level++) {
      expect(redact(text)).toBe(clean);
      text = JSON.stringify({ body: text });
      clean = JSON.stringify({ body: clean });
    }
  });

  it("keeps JSON text parseable", () => {
    const document = {
      a: 1,
      password: 'x"y\\',
      list: [{ apiKey: "k", n: 2 }],
      last: { token: "t", tail: [true] },
    };
    for (const text of [JSON.stringify(document), JSON.stringify(document, null, 2)]) {
      expect(JSON.parse(redact(text))).toEqual({
        a: 1,
        password: "[redacted]",
        list: [{ apiKey: "[redacted]", n: 2 }],
        last: { token: "[redacted]", tail: [true] },
      });
    }
  });
});

describe("a text without secrets", () => {
  it.each(ORDINARY_TEXTS)("stays as it is: %.60s", (text) => {
    expect(redact(text)).toBe(text);
    expect(redact(`${text}\n${text}`)).toBe(`${text}\n${text}`);
    expect(redact(JSON.stringify({ text }))).toBe(JSON.stringify({ text }));
    const encoded = `https://example.org/?q=${encodeURIComponent(text.toWellFormed())}`;
    expect(redact(encoded)).toBe(encoded);
  });

  it("stays as it is among all others", () => {
    const all = ORDINARY_TEXTS.join("\n\n");
    expect(redact(all)).toBe(all);
  });
});

describe("options", () => {
  it("replace what the service's own patterns find", () => {
    const { text } = createRedactor({ patterns: [/ACME-\d+/, /card \d{4}/y] });
    expect(text("ACME-12 and ACME-345, card 4242")).toBe("[redacted] and [redacted], [redacted]");
  });

  it("run the hook last, with the name", () => {
    const seen: unknown[] = [];
    const { text } = createRedactor({
      hook: (value, context) => {
        seen.push([value, context]);
        return value.replace("Ann", "A.");
      },
    });
    expect(text("Ann has password=x", "note")).toBe("A. has password=[redacted]");
    expect(text("Ann")).toBe("A.");
    expect(seen).toEqual([
      ["Ann has password=[redacted]", { name: "note" }],
      ["Ann", {}],
    ]);
  });

  it("let nothing through when the hook fails", () => {
    const throwing = createRedactor({
      hook: () => {
        throw new Error("no");
      },
    });
    const wrong = createRedactor({ hook: (() => undefined) as unknown as (text: string) => string });
    expect(throwing.text("anything")).toBe(HOOK_FAILED);
    expect(wrong.text("anything")).toBe(HOOK_FAILED);
  });
});

describe("redaction", () => {
  const fragment = fc.constantFrom(
    ...SECRETS.map(({ text }) => text),
    ...[
      "password",
      "token",
      "Bearer ",
      "Basic ",
      "sk-",
      "ghp_",
      "eyJ",
      "AKIA",
      "://",
      "@",
      ":",
      "=",
      "%3A",
      "%3D",
    ],
    ...[
      '"',
      "'",
      "`",
      "\\",
      '\\"',
      '\\\\\\"',
      "{",
      "}",
      "[",
      "]",
      ",",
      ";",
      "&",
      " ",
      "\n",
      "\\n",
      "--api-key ",
      "cookie",
    ],
    ...[
      "[redacted]",
      "[redacted",
      "redacted]",
      "-----BEGIN PRIVATE KEY-----",
      "-----END PRIVATE KEY-----",
      "123456:",
    ],
  );
  const piece = fc.oneof(fragment, fc.string({ maxLength: 12 }), fc.string({ maxLength: 6, unit: "binary" }));
  const text = fc.array(piece, { maxLength: 14 }).map((pieces) => pieces.join(""));

  it("changes nothing the second time", () => {
    fc.assert(
      fc.property(text, (value) => {
        const once = redact(value);
        expect(redact(once)).toBe(once);
      }),
      { numRuns: 3_000 },
    );
  });

  it("finds a secret between any texts that end in a line", () => {
    fc.assert(
      fc.property(fc.constantFrom(...SECRETS), fc.string(), ({ text: secret, hidden }, other) => {
        const quiet = other.replaceAll(/["'`\\]/g, " ");
        expect(redact(`${quiet}\n${secret}\n${quiet}`)).not.toContain(hidden);
      }),
      { numRuns: 1_000 },
    );
  });

  // Each of these takes hours on a rule that goes over the same characters again and again.
  it.each([
    "a",
    "=",
    ":",
    '"',
    "'",
    "\\",
    "[",
    "{",
    "-",
    "eyJ",
    "eyJ-",
    "eyJa.",
    "sk-",
    "sk-a",
    "sk-ant-",
    "ghp_",
    "AKIA",
    "xoxb-",
    "password",
    "password=",
    'password:"',
    "password:'\n",
    '"password":',
    '"password":[',
    'password=\\"',
    "token ",
    "Bearer ",
    "Basic ",
    "://",
    "://a:b/",
    "://a:b@",
    "@",
    "1:",
    "123456:",
    "/bot123:",
    "%3A",
    "%3D",
    "a%3D",
    "--",
    "--a ",
    "-----BEGIN ",
    "-----BEGIN PRIVATE KEY-----",
    "-----END PRIVATE KEY-----",
    "-----BEGIN A PRIVATE KEY",
    "SG.a-",
    "api ",
    "api key:",
    "cookie:",
    "authorization:",
    "\n",
    "   ",
    "[redacted]",
    "password=[redacted]",
    "x]=",
    "`",
    '\\\\"',
  ])("goes once over two million characters of %j", (unit) => {
    const hostile = unit.repeat(Math.ceil(2_000_000 / unit.length));
    expect(redact(hostile).length).toBeLessThan(hostile.length * 11);
    expect(redact(`${hostile}!`).length).toBeGreaterThan(0);
  });

  // On so many characters, a rule that goes over them again and again takes longer than a test may.
  it("goes once over any repetition of what its rules look for", () => {
    const piece = fc.constantFrom(...TOKEN_PREFIXES, ...RULE_PARTS);
    const unit = fc.array(piece, { minLength: 1, maxLength: 4 }).map((pieces) => pieces.join(""));
    fc.assert(
      fc.property(unit, unit, unit, (head, repeated, end) => {
        const hostile = head + repeated.repeat(Math.ceil(400_000 / repeated.length)) + end;
        expect(redact(hostile).length).toBeGreaterThan(0);
      }),
      { numRuns: 150 },
    );
  });
});
