/**
 * Opens a directory and does what its second argument says:
 * `serve`: stays, and reports its mode. `write`: adds note after note, and reports each one that is acknowledged.
 * `leave`: adds one note and ends by itself, with exit code 7, without closing anything.
 */
import { createNotesClient } from "../notes-client.ts";

const [dataDir = "", task] = process.argv.slice(2);
const notes = createNotesClient(dataDir);
await notes.connection.open();
switch (task) {
  case "serve":
    // An open store alone does not keep a process alive; the channel does while somebody listens.
    process.on("message", () => undefined);
    process.send?.(notes.connection.mode);
    break;
  case "write":
    for (let n = 0; ; n++) {
      const id = `${process.pid}-${n}`;
      await notes.add(id);
      process.send?.(id);
    }
  case "leave":
    await notes.add(`${process.pid}`);
    process.exitCode = 7;
    process.disconnect?.();
}
