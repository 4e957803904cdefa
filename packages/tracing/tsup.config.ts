import { defineConfig } from "tsup";

export default defineConfig({
  // Every file lands flat in dist/, so that the worker and the migrations are found beside any chunk.
  entry: {
    index: "src/index.ts",
    insforge: "src/insforge/index.ts",
    postgres: "src/postgres/index.ts",
    embedded: "src/embedded/index.ts",
    otlp: "src/otlp/index.ts",
    "pglite-worker": "src/embedded/pglite-worker.ts",
    testing: "src/testing/index.ts",
    cli: "src/cli/main.ts",
  },
  format: ["esm"],
  dts: true,
  target: "es2022",
  sourcemap: true,
  clean: true,
});
