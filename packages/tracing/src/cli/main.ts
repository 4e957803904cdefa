#!/usr/bin/env node
/** The `tracing` command. */

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);

if (major > 22 || (major === 22 && minor >= 15)) {
  // Loaded only now: older versions lack modules that the library imports.
  import("./process-cli.ts").then(({ runInProcess }) => runInProcess());
} else {
  process.stderr.write(
    `error: tracing needs Node.js 22.15 or later, and this is ${process.versions.node}.\n`,
  );
  process.exitCode = 1;
}
