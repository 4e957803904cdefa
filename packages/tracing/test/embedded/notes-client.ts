import { readOrCreateAccessKey } from "../../src/embedded/access-key.ts";
import { Connection } from "../../src/embedded/connection.ts";
import { prepareNotes } from "./notes-schema.ts";

/** A connection to a directory whose database holds notes. */
export interface NotesClient {
  readonly connection: Connection;
  add(...ids: string[]): Promise<number>;
  ids(): Promise<string[]>;
}

/** Not open yet. */
export function createNotesClient(dataDir: string, handOverTimeoutMs = 15_000): NotesClient {
  const apiKey = readOrCreateAccessKey(dataDir);
  const connection = new Connection({
    dataDir,
    apiKey,
    prepareSchema: prepareNotes(apiKey),
    handOverTimeoutMs,
  });
  const headers = new Headers({ authorization: `Bearer ${apiKey}`, "content-profile": "tracing" });
  const call = async (fn: string, args: object): Promise<unknown> => {
    const url = `/api/database/rpc/${fn}`;
    const { status, body } = await connection.answer({
      method: "POST",
      url,
      headers,
      body: JSON.stringify(args),
    });
    if (status !== 200) throw new Error(`${fn} answers ${status}: ${body}`);
    return JSON.parse(body ?? "");
  };
  return {
    connection,
    add: async (...ids) => {
      const batch = ids.map((id) => ({ id, filler: "x".repeat(2_000) }));
      return ((await call("ingest", { batch })) as { added: number }).added;
    },
    ids: async () => (await call("ids", {})) as string[],
  };
}
