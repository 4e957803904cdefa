// Writes what each entry of the package offers to api/*.api.md; with --check only compares, so that a change of the
// surface shows in review.
import { existsSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { Extractor, ExtractorConfig } from "@microsoft/api-extractor";

const ENTRIES = ["index", "insforge", "postgres", "embedded", "otlp", "testing"];

const root = dirname(import.meta.dirname);
const checks = process.argv.includes("--check");
const reportFolder = join(root, "api");
if (!existsSync(reportFolder)) mkdirSync(reportFolder);

let changed = false;
for (const entry of ENTRIES) {
  const config = ExtractorConfig.prepare({
    configObject: {
      projectFolder: root,
      newlineKind: "lf",
      mainEntryPointFilePath: join(root, `dist/${entry}.d.ts`),
      compiler: { tsconfigFilePath: join(root, "tsconfig.json"), skipLibCheck: true },
      apiReport: {
        enabled: true,
        reportFolder,
        reportTempFolder: join(root, ".test-results/api"),
        reportFileName: `${entry}.api.md`,
        includeForgottenExports: true,
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        compilerMessageReporting: { default: { logLevel: "none" } },
        extractorMessageReporting: { default: { logLevel: "none" } },
        tsdocMessageReporting: { default: { logLevel: "none" } },
      },
    },
    configObjectFullPath: join(root, "api-extractor.json"),
    packageJsonFullPath: join(root, "package.json"),
  });
  const result = Extractor.invoke(config, { localBuild: !checks, showVerboseMessages: false });
  if (!result.succeeded || (checks && result.apiReportChanged)) {
    changed = true;
    console.error(
      `${entry}: the public surface is not what api/${entry}.api.md says; run pnpm api and review it.`,
    );
  }
}
process.exitCode = changed ? 1 : 0;
