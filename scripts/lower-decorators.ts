import { transform } from "esbuild";
import type { Plugin } from "vitest/config";

/** Vite's transformer leaves stage-3 decorators as they are, and Node cannot run them; esbuild lowers them. */
export function lowerDecorators(): Plugin {
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
