import { registerHooks } from "node:module";

/** A process in which the packages named by the arguments, after the directory, are not installed. */
const [dataDir = "", ...missing] = process.argv.slice(2);
registerHooks({
  resolve(specifier, context, next) {
    if (!missing.includes(specifier)) return next(specifier, context);
    throw Object.assign(new Error(`Cannot find package '${specifier}'`), { code: "ERR_MODULE_NOT_FOUND" });
  },
});

const { openEmbedded } = await import("../../../src/embedded/index.ts");
await openEmbedded({ dataDir }).catch(({ code, message }) => console.log(`${code}: ${message}`));
