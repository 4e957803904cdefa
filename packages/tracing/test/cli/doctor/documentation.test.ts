import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { CATALOGUE, type FindingCode } from "../../../src/cli/doctor/catalogue.ts";
import type { Finding } from "../../../src/cli/doctor/finding.ts";
import { type StoreKind, toTrouble } from "../../../src/cli/store-trouble.ts";
import { CONTEXT_TROUBLES } from "../../../src/core/check-context.ts";
import { StoreError, type StoreErrorDetails, type StoreErrorKind } from "../../../src/store/store-client.ts";
import { captureRun } from "../captured-run.ts";
import { startRefusingServer } from "../refusing-server.ts";
import { scratch } from "./examination.ts";

const document = readFileSync(new URL("../../../../../docs/doctor.md", import.meta.url), "utf8");

/** The text blocks of the document by the heading that they stand under. */
const blocks = new Map(
  document
    .split(/^### /m)
    .slice(1)
    .map((section): [string, string[]] => [
      /^`([^`]+)`/.exec(section)?.[1] ?? section,
      [...section.matchAll(/^```text\n([\s\S]*?)^```$/gm)].map(([, text = ""]) => text.trimEnd()),
    ]),
);

interface Printed {
  status: string;
  message: string;
  cure: string;
}

const print = ({ status, message, cure }: Printed) => `${status}  ${message}\n      mend: ${cure}`;
const codes = Object.keys(CATALOGUE) as FindingCode[];
const isOpen = (code: FindingCode) => CATALOGUE[code].message.includes("{problem}");

const SAYS = "<what it says>";

/** Every sentence there is for a store that refuses, under the code that it gets. */
const REFUSALS: readonly [FindingCode, StoreKind, StoreErrorKind, StoreErrorDetails?][] = [
  ["store-unreachable", "insforge", "unreachable"],
  ["store-unreachable", "postgres", "unreachable"],
  ["store-unreachable", "postgres", "unreachable", { code: "3D000" }],
  ["store-unreachable", "embedded", "unreachable"],
  ["store-unavailable", "insforge", "unavailable"],
  ["store-refuses", "insforge", "rejected"],
  ["key-refused", "insforge", "unauthorized", { status: 401 }],
  ["key-refused", "insforge", "unauthorized", { code: "42501" }],
  ["key-refused", "postgres", "unauthorized", { code: "28P01" }],
  ["key-refused", "postgres", "unauthorized", { code: "42501" }],
  ["schema-missing", "insforge", "schema-missing", { status: 404 }],
  ["schema-missing", "insforge", "schema-missing", { status: 406 }],
];

const CLOSED = "http://127.0.0.1:1";

/** What else is told in somebody else's words: a set-up that leads to it. */
const SET_UPS: readonly [
  FindingCode,
  (refusing: (status: number) => Promise<string>) => Promise<NodeJS.ProcessEnv>,
][] = [
  ["configuration-invalid", async () => ({ INSFORGE_BASE_URL: "http://localhost:7130" })],
  ["configuration-invalid", async () => ({ TRACING_RETENTION_DAYS: "two weeks" })],
  ["capture-invalid", async () => ({ TRACING_CAPTURE_CONTENT: "off" })],
  ["otlp-invalid", async () => ({ OTEL_EXPORTER_OTLP_ENDPOINT: "collector:4318" })],
  [
    "otlp-invalid",
    async () => ({ OTEL_EXPORTER_OTLP_ENDPOINT: CLOSED, OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" }),
  ],
  ["otlp-unreachable", async () => ({ OTEL_EXPORTER_OTLP_ENDPOINT: CLOSED })],
  ["otlp-grpc-port", async () => ({ OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:4317" })],
  ["otlp-unauthorized", async (refusing) => ({ OTEL_EXPORTER_OTLP_ENDPOINT: await refusing(401) })],
  ["otlp-not-spoken", async (refusing) => ({ OTEL_EXPORTER_OTLP_ENDPOINT: await refusing(404) })],
  ["otlp-unavailable", async (refusing) => ({ OTEL_EXPORTER_OTLP_ENDPOINT: await refusing(503) })],
  [
    "store-not-opened",
    async () => ({
      INSFORGE_BASE_URL: await startRefusingServer({ status: 200, body: {} }),
      INSFORGE_API_KEY: "ik_1",
    }),
  ],
];

async function printedBy(code: FindingCode, env: NodeJS.ProcessEnv): Promise<string[]> {
  const run = await captureRun(["doctor", "--json"], { env: { TRACING_DATA_DIR: scratch(), ...env } });
  const { findings } = JSON.parse(run.stdout) as { findings: Finding[] };
  return findings.filter((one) => one.code === code).map((one) => print({ cure: "", ...one }));
}

describe("docs/doctor.md", () => {
  it("has a heading for everything that doctor and checkContext find, in their order, and no other", () => {
    expect([...blocks.keys()]).toEqual([...codes, ...Object.keys(CONTEXT_TROUBLES)]);
  });

  it.each(codes.filter((code) => !isOpen(code)))("prints %s as doctor does", (code) => {
    const open = (text: string) => text.replace(/\{(\w+)\}/g, "<$1>");
    const { status, message, cure } = CATALOGUE[code];
    expect(blocks.get(code)).toEqual([print({ status, message: open(message), cure: open(cure) })]);
  });

  it.each(codes.filter(isOpen))("prints %s as somebody else says it, case by case", async (code) => {
    const { status } = CATALOGUE[code];
    const refusals = REFUSALS.filter(([of]) => of === code).map(([, store, kind, details]) => {
      const { message, cure } = toTrouble(new StoreError(kind, SAYS, details), store);
      return print({ status, message, cure });
    });
    const refusing = (answer: number) => startRefusingServer({ status: answer, body: { message: SAYS } });
    const envs = await Promise.all(SET_UPS.filter(([of]) => of === code).map(([, build]) => build(refusing)));
    const found = (await Promise.all(envs.map((env) => printedBy(code, env)))).flat();
    expect(blocks.get(code)).toEqual([...refusals, ...found]);
    expect(blocks.get(code)).not.toEqual([]);
  });

  it.each(Object.entries(CONTEXT_TROUBLES))("prints %s as checkContext does", (code, { message, cure }) => {
    expect(blocks.get(code)).toEqual([`${message}\nmend: ${cure}`]);
  });
});
