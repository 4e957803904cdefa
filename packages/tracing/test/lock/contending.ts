/** Tries for a directory's lock on every message, and answers whether it has it now; holds it until it is killed. */
import { acquireDirectoryLock, type DirectoryLock } from "../../src/lock/directory-lock.ts";

const [dir = ""] = process.argv.slice(2);
let lock: DirectoryLock | undefined;
process.on("message", () => {
  lock ??= acquireDirectoryLock(dir);
  process.send?.(lock !== undefined);
});
process.send?.("ready");
