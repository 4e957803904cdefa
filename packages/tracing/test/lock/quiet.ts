/** Takes a directory's lock, warns of something else, and ends. */
import { acquireDirectoryLock } from "../../src/lock/directory-lock.ts";

acquireDirectoryLock(process.argv[2] ?? "");
process.emitWarning("about something else", "ExperimentalWarning");
