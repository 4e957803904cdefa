export { createOtlpExporter, OtlpExporter, type OtlpExporterOptions } from "./otlp-exporter.ts";
export {
  type OtlpOptions,
  type OtlpProtocol,
  type ResolvedOtlpOptions,
  resolveOtlpOptions,
} from "./otlp-options.ts";
