export { createOtlpExporter, type OtlpExporter, type OtlpExporterOptions } from "./otlp-exporter.ts";
export type { OtlpOptions, OtlpProtocol } from "./otlp-options.ts";
