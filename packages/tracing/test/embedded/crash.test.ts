import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { kill, report, start } from "./children/child.ts";
import { freshDataDir, PATIENT } from "./data-dir.ts";
import { createNotesClient } from "./notes-client.ts";

const KILLS = 5;

describe("a process killed while it writes", PATIENT, () => {
  it(`has stored all that was acknowledged, ${KILLS} times in a row`, async () => {
    const dataDir = await freshDataDir();
    const acknowledged: string[] = [];
    for (let round = 0; round < KILLS; round++) {
      const child = start(dataDir, "write");
      child.on("message", (id) => acknowledged.push(String(id)));
      // A different number of writes each time, so that the blow falls in another place.
      for (let written = 0; written <= round * 7; written++) await report(child);
      await kill(child);
      if (child.connected) await once(child, "disconnect");
    }
    const notes = createNotesClient(dataDir);
    await notes.connection.open();
    const stored = new Set(await notes.ids());
    await notes.connection.close();
    expect(acknowledged.length).toBeGreaterThan(KILLS);
    expect(acknowledged.filter((id) => !stored.has(id))).toEqual([]);
    // Of what was not acknowledged, at most the one that was under way.
    expect(stored.size - acknowledged.length).toBeLessThanOrEqual(KILLS);
  });
});
