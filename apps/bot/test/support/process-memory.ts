import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";

/** The most memory that a process has had since it began, in bytes; where the system does not say so, what it has now. */
export function peakMemory(pid: number): number {
  const status = `/proc/${pid}/status`;
  const kilobytes = existsSync(status)
    ? /^VmHWM:\s+(\d+)/m.exec(readFileSync(status, "utf8"))?.[1]
    : execFileSync("ps", ["-o", "rss=", "-p", String(pid)], { encoding: "utf8" });
  return Number(kilobytes) * 1_024;
}
