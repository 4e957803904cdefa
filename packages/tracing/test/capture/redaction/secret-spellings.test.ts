import { describe, expect, it } from "vitest";
import { captureValue } from "../../../src/capture/capture-value.ts";
import { createRedactor } from "../../../src/capture/redaction/redact.ts";
import { DEFAULT_CAPTURE_LIMITS } from "../../../src/capture/settings.ts";

const redactor = createRedactor();
const SECRET = "hunter2x";

const WORDS = [
  "password",
  "api key",
  "client secret",
  "access token",
  "bot token",
  "private key",
  "session token",
  "webhook secret",
  "connection string",
  "assembly ai api key",
  "telegram bot token",
  "aws secret access key",
  "db password",
  "signing key",
  "auth token",
  "service role key",
];

const capital = (word: string) => word.slice(0, 1).toUpperCase() + word.slice(1);

/** The ways in which people write a name of several words. */
const SPELLINGS: Readonly<Record<string, (words: string[]) => string>> = {
  camelCase: ([first = "", ...rest]) => first + rest.map(capital).join(""),
  PascalCase: (words) => words.map(capital).join(""),
  kebab: (words) => words.join("-"),
  "Header-Case": (words) => words.map(capital).join("-"),
  snake: (words) => words.join("_"),
  SCREAMING: (words) => words.join("_").toUpperCase(),
  dotted: (words) => words.join("."),
  run: (words) => words.join(""),
  prefixed: (words) => `my_app_${words.join("_")}`,
  suffixed: (words) => `${words.join("_")}_v2`,
};

const NAMES = [
  ...new Set(WORDS.flatMap((word) => Object.values(SPELLINGS).map((spell) => spell(word.split(" "))))),
];

/** The ways in which a name and its value stand in a text. */
const SYNTAXES: Readonly<Record<string, (name: string) => string>> = {
  JSON: (name) => JSON.stringify({ user: "app", [name]: SECRET, port: 1 }),
  "pretty JSON": (name) => JSON.stringify({ deep: { [name]: SECRET } }, null, 2),
  "JSON in JSON": (name) => JSON.stringify({ body: JSON.stringify({ [name]: SECRET }) }),
  "list in JSON": (name) => JSON.stringify({ [name]: [SECRET, SECRET] }),
  object: (name) => `{ user: 'app', '${name}': '${SECRET}' }`,
  YAML: (name) => `app:\n  ${name}: ${SECRET}\n  port: 1\n`,
  "YAML block": (name) => `app:\n  ${name}: |\n    ${SECRET}\n  port: 1\n`,
  ".env": (name) => `A=1\n${name}=${SECRET}\nB=2`,
  "exported, quoted": (name) => `export ${name}="${SECRET}"`,
  TOML: (name) => `[app]\n${name} = "${SECRET}"\n`,
  query: (name) => `GET /a?x=1&${name}=${SECRET}&y=2`,
  "encoded query": (name) => encodeURIComponent(`/a?x=1&${name}=${SECRET}&y=2`),
  header: (name) => `Host: a\r\n${name}: ${SECRET}\r\nAccept: */*`,
  XML: (name) => `<a><${name}>${SECRET}</${name}></a>`,
  "XML attribute": (name) => `<a x="1" ${name}="${SECRET}"/>`,
  entry: (name) => JSON.stringify([{ name, value: SECRET }]),
  pair: (name) => JSON.stringify([[name, SECRET]]),
  flag: (name) => `run --${name} ${SECRET} --verbose`,
  "flag with =": (name) => `run --${name}=${SECRET} --verbose`,
  code: (name) => `config["${name}"] = '${SECRET}';`,
  sentence: (name) => `It failed (${name}: ${SECRET}), said the server.`,
};

describe("a secret is told by its name", () => {
  it.each(Object.entries(SYNTAXES))("however that is spelled, in %s", (_, write) => {
    const shown = NAMES.filter((name) => redactor.text(write(name)).includes(SECRET));
    expect(shown).toEqual([]);
  });

  it.each(Object.entries(SPELLINGS))(
    "as the key of an object, a map, headers or parameters, in %s",
    (_, spell) => {
      const settings = { redactor, limits: DEFAULT_CAPTURE_LIMITS };
      for (const word of WORDS) {
        const name = spell(word.split(" "));
        const values = [
          { [name]: SECRET },
          { deep: [{ deeper: { [name]: { user: "app", value: SECRET } } }] },
          new Map([[name, SECRET]]),
          new Headers({ [name]: SECRET }),
          new URLSearchParams({ [name]: SECRET }),
          { entries: [[name, SECRET]], pairs: [{ key: name, value: SECRET }] },
          new URL(`https://host/?${new URLSearchParams({ [name]: SECRET })}`),
        ];
        for (const value of values) expect(captureValue(value, settings).json).not.toContain(SECRET);
      }
    },
  );
});
