import { registerHooks } from "node:module";

/** Runs a program of the documentation from the sources, as if the package were installed. */
const [, , path = ""] = process.argv;
const sources: Record<string, string> = {
  "@app/tracing": "../../../src/index.ts",
  "@app/tracing/otlp": "../../../src/otlp/index.ts",
};
registerHooks({
  resolve(specifier, context, next) {
    const source = sources[specifier];
    if (source) return next(new URL(source, import.meta.url).href, context);
    return next(specifier, specifier.startsWith("@") ? { ...context, parentURL: import.meta.url } : context);
  },
});
await import(path);
