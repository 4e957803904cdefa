import { registerHooks } from "node:module";

/** A process in which the optional peer is not installed. */
registerHooks({
  resolve(specifier, context, next) {
    if (specifier !== "@opentelemetry/otlp-transformer") return next(specifier, context);
    throw Object.assign(new Error(`Cannot find package '${specifier}'`), { code: "ERR_MODULE_NOT_FOUND" });
  },
});

const { createOtlpExporter } = await import("../../../src/otlp/index.ts");
const exporter = createOtlpExporter({});
console.log((await exporter.send([])).status);
for (const attempt of [() => exporter.open(), () => exporter.ready()]) {
  await attempt().catch(({ code, hint }) => console.log(`${code}: ${hint}`));
}
