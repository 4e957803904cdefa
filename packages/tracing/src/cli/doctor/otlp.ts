import { TracingError } from "../../core/errors.ts";
import { toTracingTrouble } from "../store-trouble.ts";
import { type Check, fail, ok } from "./finding.ts";

/** Whether traces are sent over OTLP, and whether the variables that say where can be understood. */
export const otlpCheck: Check = {
  name: "otlp",
  examine({ noStore, otlp, otlpError }) {
    if (otlpError !== undefined) {
      if (!(otlpError instanceof TracingError)) throw otlpError;
      const { message, cure } = toTracingTrouble(otlpError);
      return [
        fail(this.name, message, cure || "Correct it, or unset it: the service does not start with it."),
      ];
    }
    if (!otlp) return [];
    const what = noStore === undefined ? "A copy of every trace goes" : "All traces go";
    // Only the origin: the rest of an address may hold a key.
    return [ok(this.name, `${what} to ${new URL(otlp.url).origin}, as ${otlp.protocol}.`)];
  },
};
