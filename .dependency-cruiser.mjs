/** Import direction, as docs/architecture.md draws it: an arrow that points up is an error. */

const src = "^packages/tracing/src";

/** What a folder of the library may import besides itself; `core/errors.ts` is open to all. */
const mayImport = {
  conventions: [],
  capture: [],
  lock: [],
  core: ["capture", "conventions"],
  record: ["capture", "conventions"],
  render: ["record", "store"],
  collector: ["capture", "conventions", "core", "lock", "record"],
  store: ["collector/record-exporter", "record"],
  insforge: ["capture", "collector/record-exporter", "conventions", "record", "store"],
  postgres: ["capture", "store"],
  embedded: ["insforge", "lock", "store"],
  otlp: ["capture", "collector/logger", "collector/record-exporter", "conventions", "record"],
  testing: ["capture", "collector", "conventions", "core", "record", "render", "store"],
};

const bot = "^apps/bot/src";

/** The same for the bot: handlers -> pipelines -> agents -> llm; what is at its root wires, and may import all. */
const botMayImport = {
  coaching: [],
  content: ["coaching"],
  llm: ["coaching", "content"],
  agents: ["coaching", "llm"],
  pipelines: ["agents", "coaching", "content"],
  runs: [],
  storage: [],
  telegram: [],
  voice: [],
  handlers: ["agents", "coaching", "content", "llm", "pipelines", "runs", "storage", "telegram", "voice"],
};

const botLayers = Object.entries(botMayImport).map(([folder, allowed]) => ({
  name: `bot-${folder}-direction`,
  comment: `${folder}/ imports ${allowed.length === 0 ? "nothing else of the bot" : allowed.join(", ")}.`,
  severity: "error",
  from: { path: `${bot}/${folder}/` },
  to: {
    path: bot,
    pathNot: [
      `${bot}/(logger|package-files)[.]ts$`,
      ...[folder, ...allowed].map((name) => `${bot}/${name}/`),
    ],
  },
}));

const layers = Object.entries(mayImport).map(([folder, allowed]) => ({
  name: `${folder}-direction`,
  comment: `${folder}/ imports ${allowed.length === 0 ? "nothing of ours" : allowed.join(", ")}.`,
  severity: "error",
  from: { path: `${src}/${folder}/` },
  to: {
    path: src,
    pathNot: [`${src}/core/errors`, ...[folder, ...allowed].map((name) => `${src}/${name}[/.]`)],
  },
}));

export default {
  forbidden: [
    { name: "no-circular", severity: "error", from: {}, to: { circular: true } },
    {
      name: "packages-know-no-apps",
      severity: "error",
      from: { path: "^packages/" },
      to: { path: "^(apps|examples)/" },
    },
    {
      name: "optional-peers-stay-optional",
      comment:
        "Only an adapter may import its driver, and everything else loads adapters when they are configured.",
      severity: "error",
      from: { path: src, pathNot: `${src}/(insforge|postgres|embedded|otlp)/` },
      to: {
        path: "node_modules/(@insforge/sdk|pg|@electric-sql/pglite|@opentelemetry/otlp-transformer)/",
        dependencyTypesNot: ["type-only"],
      },
    },
    {
      name: "cli-is-the-top",
      severity: "error",
      from: { path: src, pathNot: `${src}/cli/` },
      to: { path: `${src}/cli/` },
    },
    {
      name: "grammy-at-the-edge",
      comment: "Pipelines, agents and models know nothing of Telegram.",
      severity: "error",
      from: { path: bot, pathNot: `${bot}/(handlers/|telegram/|bot[.]ts$)` },
      to: { path: "node_modules/(grammy|@grammyjs)/" },
    },
    ...layers,
    ...botLayers,
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "/(dist|node_modules|test)/" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.base.json" },
    enhancedResolveOptions: { extensions: [".ts", ".js", ".mjs"], exportsFields: ["exports"] },
  },
};
