import { createInsForgeStoreClient } from "../../../src/insforge/index.ts";
import { createStoreExporter } from "../../../src/store/store-exporter.ts";

/** Sends something in the background, or waits for an answer, and has nothing else to do. */
const [, , baseUrl = "", what = ""] = process.argv;
const client = await createInsForgeStoreClient({ baseUrl, apiKey: "ik_x" });
process.exitCode = 7;
if (what === "background") void createStoreExporter(client).send([]);
else await client.rpc("schema_version", {}, { timeoutMs: 2_500 }).catch((error) => console.log(error.kind));
