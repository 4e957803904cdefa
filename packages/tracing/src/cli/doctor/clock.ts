import { formatDuration } from "../../render/format.ts";
import { type Check, type Examination, found, ok } from "./finding.ts";

const TIMEOUT_MS = 5_000;
/** A server's time may come in whole seconds, and half the round trip is not known. */
const TOLERANCE_MS = 5_000;

/** This machine's clock against that of the store's server; span times are this machine's. */
export const clockCheck: Check = {
  name: "clock",
  async examine(examination) {
    if (examination.noStore !== undefined) return [];
    const before = Date.now();
    const serverMs = await askTime(examination);
    if (serverMs === undefined) return [];
    const skewMs = (before + Date.now()) / 2 - serverMs;
    if (Math.abs(skewMs) <= TOLERANCE_MS)
      return [ok(this.name, "This machine's clock agrees with the server's.")];
    const direction = skewMs > 0 ? "ahead of" : "behind";
    return [found(this.name, "clock-skew", { amount: formatDuration(Math.abs(skewMs)), direction })];
  },
};

/** Milliseconds since the epoch; undefined where nobody can be asked, for which the connection check has the words. */
async function askTime({ options, store }: Examination): Promise<number | undefined> {
  const target = options?.store;
  try {
    if (target?.kind === "insforge" && "baseUrl" in target.target)
      return await askHttp(target.target.baseUrl);
    if (target?.kind !== "postgres" || !store) return undefined;
    const time = await store.client.rpc(
      "clock_timestamp",
      {},
      { schema: "pg_catalog", timeoutMs: TIMEOUT_MS },
    );
    return toTime(String(time));
  } catch {
    return undefined;
  }
}

/** The `Date` of an answer is cut to whole seconds, of which the middle is the best guess. */
async function askHttp(url: string): Promise<number | undefined> {
  const response = await fetch(url, { method: "HEAD", signal: AbortSignal.timeout(TIMEOUT_MS) });
  const time = toTime(response.headers.get("date") ?? "");
  return time === undefined ? undefined : time + 500;
}

function toTime(text: string): number | undefined {
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : time;
}
