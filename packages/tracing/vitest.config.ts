import { transform } from "esbuild";
import { defineConfig, type Plugin } from "vitest/config";

/** Vite's transformer leaves stage-3 decorators as they are, and Node cannot run them; esbuild lowers them. */
function lowerDecorators(): Plugin {
  return {
    name: "lower-decorators",
    enforce: "pre",
    async transform(code, id) {
      if (!/\.ts$/.test(id) || !/^\s*@\w+\(/m.test(code)) return null;
      const result = await transform(code, {
        loader: "ts",
        target: "es2022",
        sourcemap: true,
        sourcefile: id,
      });
      return { code: result.code, map: result.map };
    },
  };
}

const packed = "test/package/**/*.test.ts";

export default defineConfig({
  plugins: [lowerDecorators()],
  test: {
    reporters: ["default", "json"],
    outputFile: { json: ".test-results/vitest.json" },
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    projects: [
      { extends: true, test: { name: "sources", include: ["test/**/*.test.ts"], exclude: [packed] } },
      {
        extends: true,
        test: { name: "package", include: [packed], globalSetup: "test/package/install-package.ts" },
      },
    ],
  },
});
