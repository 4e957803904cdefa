// Runs lint, type checks, builds and tests through turbo, and closes with how many tests ran.
import { spawnSync } from "node:child_process";
import { globSync, readFileSync } from "node:fs";

const run = spawnSync(
  "turbo",
  ["run", "lint", "typecheck", "lint:package", "test", "--output-logs=new-only", "--concurrency=2"],
  {
    stdio: "inherit",
  },
);

const reports = globSync("{packages,apps,examples}/*/.test-results/vitest.json");
const totals = { passed: 0, failed: 0 };
for (const path of reports) {
  const report = JSON.parse(readFileSync(path, "utf8"));
  totals.passed += report.numPassedTests;
  totals.failed += report.numFailedTests + (report.success || report.numFailedTests > 0 ? 0 : 1);
}
if (reports.length === 0) {
  console.error("No test report was written; the run above stopped before the tests.");
}
console.log(`${totals.passed} passed, ${totals.failed} failed`);
process.exitCode = run.status === 0 && totals.failed === 0 && totals.passed > 0 ? 0 : 1;
