import { defineConfig } from "vitest/config";
import { lowerDecorators } from "../../scripts/lower-decorators.ts";

const packed = "test/package/**/*.test.ts";

export default defineConfig({
  plugins: [lowerDecorators()],
  test: {
    reporters: ["default", "json"],
    outputFile: { json: ".test-results/vitest.json" },
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    projects: [
      { extends: true, test: { name: "sources", include: ["test/**/*.test.ts"], exclude: [packed] } },
      {
        extends: true,
        test: { name: "package", include: [packed], globalSetup: "test/package/install-package.ts" },
      },
    ],
  },
});
