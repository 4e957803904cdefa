import { formatDuration } from "../../render/format.ts";
import { type Check, ok, warn } from "./finding.ts";

const TIMEOUT_MS = 5_000;
/** The server's time comes in whole seconds, and half the round trip is not known. */
const TOLERANCE_MS = 5_000;

/** This machine's clock against the `Date` header of the InsForge server; span times are this machine's. */
export const clockCheck: Check = {
  name: "clock",
  async examine({ options, noStore }) {
    if (noStore !== undefined) return [];
    if (options?.store.kind !== "insforge" || !("baseUrl" in options.store.target)) return [];
    const serverUrl = options.store.target.baseUrl;
    const before = Date.now();
    const serverMs = await askTime(serverUrl);
    if (serverMs === undefined) return [];
    const skewMs = (before + Date.now()) / 2 - (serverMs + 500);
    if (Math.abs(skewMs) <= TOLERANCE_MS)
      return [ok(this.name, "This machine's clock agrees with the server's.")];
    return [
      warn(
        this.name,
        `This machine's clock is ${formatDuration(Math.abs(skewMs))} ${skewMs > 0 ? "ahead of" : "behind"} the server's.`,
        "Switch on time synchronisation (NTP), or times of different services will not line up.",
      ),
    ];
  },
};

async function askTime(serverUrl: string): Promise<number | undefined> {
  try {
    const response = await fetch(serverUrl, { method: "HEAD", signal: AbortSignal.timeout(TIMEOUT_MS) });
    const time = Date.parse(response.headers.get("date") ?? "");
    return Number.isNaN(time) ? undefined : time;
  } catch {
    return undefined; // Whether the server answers is the connection check's to say.
  }
}
