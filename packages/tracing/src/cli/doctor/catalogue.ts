/**
 * Everything that asks for mending, by a code for programs. `{names}` stand for what differs from case to case;
 * `{problem}` and `{cure}` are told by the part of the library that met the trouble.
 */
export const CATALOGUE = {
  "configuration-invalid": { status: "fail", message: "{problem}", cure: "{cure}" },
  "traces-go-nowhere": {
    status: "fail",
    message: `{variable} is "none", and traces are sent nowhere else.`,
    cure: "Set OTEL_EXPORTER_OTLP_ENDPOINT, or unset {variable}.",
  },
  "embedded-in-production": {
    status: "warn",
    message: "No store is configured, so that traces are in {directory}, in production.",
    cure: "Set INSFORGE_BASE_URL and INSFORGE_API_KEY, or DATABASE_URL.",
  },
  "key-looks-anonymous": {
    status: "warn",
    message:
      "INSFORGE_API_KEY looks like an anonymous key or a user's token, which may not read or write traces.",
    cure: "Set it to the project's API key (it begins with ik_).",
  },
  "capture-invalid": {
    status: "fail",
    message: "{problem}",
    cure: "Correct or unset it: startTracing() refuses it, and without startTracing() inputs and outputs are kept out.",
  },
  "otlp-invalid": { status: "fail", message: "{problem}", cure: "{cure}" },
  "otlp-variable-unknown": {
    status: "warn",
    message: "{variable} is no variable that OpenTelemetry knows, so that nobody reads it.",
    cure: "Correct its name: OTEL_EXPORTER_OTLP_TRACES_ or OTEL_EXPORTER_OTLP_, and then one of {names}.",
  },
  "otlp-without-endpoint": {
    status: "warn",
    message: "{variable} is set, and no endpoint is: nothing is sent over OTLP.",
    cure: "Set OTEL_EXPORTER_OTLP_ENDPOINT, or unset {variable}.",
  },
  "otlp-unreachable": {
    status: "fail",
    message: "{problem}",
    cure: "Check OTEL_EXPORTER_OTLP_ENDPOINT and that the receiver runs; until it does, spans wait in the spool.",
  },
  "otlp-grpc-port": {
    status: "fail",
    message: "{problem} Port 4317 is that of OTLP over gRPC, which is not spoken.",
    cure: "Name the receiver's HTTP port in OTEL_EXPORTER_OTLP_ENDPOINT; it is 4318 by default.",
  },
  "otlp-unauthorized": {
    status: "fail",
    message: "{problem}",
    cure: "Check the key in OTEL_EXPORTER_OTLP_HEADERS (name=value, special characters percent-encoded).",
  },
  "otlp-not-spoken": {
    status: "fail",
    message: "{problem} OTLP over HTTP is not spoken at this address.",
    cure: "Check OTEL_EXPORTER_OTLP_ENDPOINT: it is the base address, to which /v1/traces is added; OTEL_EXPORTER_OTLP_TRACES_ENDPOINT is taken as it is.",
  },
  "otlp-unavailable": {
    status: "warn",
    message: "{problem}",
    cure: "See what the receiver logs; spans wait in the spool and are sent again.",
  },
  "package-missing": {
    status: "fail",
    message: "{user} needs {packages}, which {are} not installed.",
    cure: "Run: npm install {missing}",
  },
  "store-not-opened": { status: "fail", message: "{problem}", cure: "{cure}" },
  "store-unreachable": { status: "fail", message: "{problem}", cure: "{cure}" },
  "store-unavailable": { status: "fail", message: "{problem}", cure: "{cure}" },
  "store-refuses": { status: "fail", message: "{problem}", cure: "{cure}" },
  "key-refused": { status: "fail", message: "{problem}", cure: "{cure}" },
  "schema-missing": { status: "fail", message: "{problem}", cure: "{cure}" },
  "schema-older": {
    status: "fail",
    message: "The schema has version {version}, this library needs {latest}.",
    cure: "Run `tracing migrate`.",
  },
  "schema-newer": {
    status: "fail",
    message: "The schema has version {version}, this library knows {latest} at most.",
    cure: "Upgrade @app/tracing here: a newer one has migrated this store.",
  },
  "clock-skew": {
    status: "warn",
    message: "This machine's clock is {amount} {direction} the server's.",
    cure: "Switch on time synchronisation (NTP), or times of different services will not line up.",
  },
  "spool-unwritable": {
    status: "fail",
    message: "{directory} cannot be written ({reason}), so that spans would be kept in memory only.",
    cure: "Give the service's user the right to write there, or set TRACING_DATA_DIR to a directory of its own.",
  },
  "disk-full": {
    status: "fail",
    message: "No space is left in {directory}, so that spans would be kept in memory only.",
    cure: "Free some space, or set TRACING_DATA_DIR to a larger disk: a spool may take 512 MB in a long outage.",
  },
  "disk-low": {
    status: "warn",
    message: "Only {free} are free where the spool is ({directory}).",
    cure: "Free some space: a spool may take 512 MB in a long outage.",
  },
  "spool-in-memory": {
    status: "warn",
    message: "{directory} is on a temporary file system: a reboot loses what waits there.",
    cure: "Set TRACING_DATA_DIR to a directory on a disk.",
  },
  "spool-in-tmp": {
    status: "warn",
    message:
      "{directory} is below {temporary}, which the system may empty: what waits there can be lost at any reboot.",
    cure: "Set TRACING_DATA_DIR to a directory that is kept.",
  },
  "spool-left-behind": {
    status: "warn",
    message: "{owner}: {pending}, left behind in {directory}.",
    cure: "Start the service again: it delivers what dead processes left.",
  },
  "spool-has-no-way-out": {
    status: "warn",
    message: "{owner}: {pending}, left behind in {directory}, and nothing delivers it here: {setting}.",
    cure: "Start the service again with {way}: it delivers what dead processes left.",
  },
  "spool-nearly-full": {
    status: "warn",
    message: "{owner}: its spool has {bytes} of {most}; past that the oldest spans go.",
    cure: "Bring the {receiver} back soon, or start with a larger `collector.maxSpoolBytes`.",
  },
  "dead-letters": {
    status: "warn",
    message: "{owner}: {records} that the {receiver} will never take.",
    cure: "`tracing spool show` tells the reasons; when those are mended, `tracing spool retry` sends them again. Else delete {directory}/dead-letter.ndjson.",
  },
  "spans-dropped": {
    status: "warn",
    message: "{owner}: spans had to be dropped ({counts}).",
    cure: "`spool-full` asks for a reachable {receiver} or a larger spool, `disk` for a disk that takes writes.",
  },
  "lines-damaged": {
    status: "warn",
    message: "{owner}: {lines} cannot be read and will be skipped.",
    cure: "Check the disk under {directory}.",
  },
  "api-missing": {
    status: "fail",
    message: "@opentelemetry/api is not installed.",
    cure: "Run: npm install @opentelemetry/api",
  },
  "api-versions": {
    status: "warn",
    message: "There are copies of @opentelemetry/api of different versions: {copies}.",
    cure: "Bring them to one version (`npm dedupe`, or an override): the newer does not see what the older has registered, so that context is lost and spans are off without a word.",
  },
  "sdk-too-old": {
    status: "warn",
    message:
      "The service here uses @opentelemetry/sdk-trace-base {version}, whose spans TraceCollector does not fully understand.",
    cure: "Upgrade the OpenTelemetry SDK to 2.x.",
  },
  "sdks-compete": {
    status: "warn",
    message:
      "{packages} all set OpenTelemetry up; the first to start owns provider and context, and the others' spans are lost.",
    cure: "Leave one to do it and hand it the TraceCollector, or use startTracing(), which depends on none; `await checkContext()` in the service tells how it went.",
  },
  "check-broke-off": {
    status: "fail",
    message: "This check broke off: {reason}",
    cure: "Run it again with TRACING_DEBUG=1.",
  },
} as const satisfies Readonly<Record<string, { status: "warn" | "fail"; message: string; cure: string }>>;

export type FindingCode = keyof typeof CATALOGUE;

type Names<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Names<Rest>
  : never;

/** What a finding's text leaves open. */
export type Values<Code extends FindingCode> = Readonly<
  Record<Names<(typeof CATALOGUE)[Code]["message" | "cure"]>, string>
>;

/** A text with its `{names}` replaced. */
export function fillIn(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/\{(\w+)\}/g, (name, key: string) => values[key] ?? name);
}
