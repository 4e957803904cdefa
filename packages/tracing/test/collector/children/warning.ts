import { stderrLogger } from "../../../src/collector/logger.ts";

/** Warns when it is told to, again when its first line may have come to grief, and then has nothing more to do. */
process.once("message", () => {
  stderrLogger.warn("trouble");
  setTimeout(() => {
    stderrLogger.info("the same as before");
    process.disconnect?.();
  }, 20);
});
process.send?.("ready");
