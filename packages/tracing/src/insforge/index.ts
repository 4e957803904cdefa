export {
  createInsForgeStoreClient,
  type InsForgeClientLike,
  type InsForgeSdkClient,
  type InsForgeTarget,
} from "./insforge-client.ts";
export { createInsForgeMigrationTarget } from "./insforge-migrations.ts";
export {
  InsForgeSpanExporter,
  type InsForgeSpanExporterOptions,
  type SpanExportResult,
} from "./insforge-span-exporter.ts";
export type { InsForgeAddress } from "./load-sdk.ts";
export type { RpcClient, SchemaClient } from "./rpc-store-client.ts";
