/** Writes so many dead letters into a directory, one at a time, then ends. */
import { writeDeadLetters } from "../../../../src/collector/spool/dead-letters.ts";
import { encoded } from "../encoded.ts";

const [dir = "", count = "0"] = process.argv.slice(2);
for (let id = 1; id <= Number(count); id++)
  writeDeadLetters(dir, [{ record: encoded("span", id), reason: "refused" }]);
