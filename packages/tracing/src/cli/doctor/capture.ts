import { CaptureOptionError, resolveCaptureSettings } from "../../capture/settings.ts";
import { invalidOption } from "../../core/errors.ts";
import { type Check, found, ok } from "./finding.ts";

/** Whether inputs and outputs are kept, and whether the variable that says so can be understood. */
export const captureCheck: Check = {
  name: "capture",
  examine({ io }) {
    try {
      const { content } = resolveCaptureSettings({}, io.env);
      return [
        ok(this.name, `Inputs and outputs are ${content ? "kept" : "left out"}, unless code says otherwise.`),
      ];
    } catch (error) {
      if (!(error instanceof CaptureOptionError)) throw error;
      const { message } = invalidOption(error.option, error.received, error.accepted);
      return [found(this.name, "capture-invalid", { problem: message })];
    }
  },
};
