import { registerHooks } from "node:module";

/** A process in which the optional peer is not installed. */
registerHooks({
  resolve(specifier, context, next) {
    if (specifier !== "@insforge/sdk") return next(specifier, context);
    throw Object.assign(new Error(`Cannot find package '${specifier}'`), { code: "ERR_MODULE_NOT_FOUND" });
  },
});

const { createInsForgeStoreClient, InsForgeSpanExporter } = await import("../../../src/insforge/index.ts");
const exporter = new InsForgeSpanExporter({ client: { rpc: () => ({ inserted: 0 }) } });
console.log((await exporter.send([])).status);
await createInsForgeStoreClient({ baseUrl: "http://x.invalid", apiKey: "ik_x" }).catch(({ code, hint }) => {
  console.log(code);
  console.log(hint);
});
