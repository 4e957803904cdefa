import { createPostgresClient } from "../../../src/postgres/index.ts";

/** Asks something in the background, or waits for an answer, and has nothing else to do. */
const [, , connectionString = "", what = ""] = process.argv;
const client = await createPostgresClient({ connectionString });
process.exitCode = 7;
const asked = client
  .rpc("schema_version", {}, { timeoutMs: 2_500, background: what === "background" })
  .catch((error) => console.log(error.kind));
if (what === "waiting") await asked;
