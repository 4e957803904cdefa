import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { expect, it } from "vitest";
import type { TraceDetail } from "../../src/store/trace-repo.ts";
import { Project, toStoredTree } from "./installed-project.ts";

const main = fileURLToPath(new URL("../../../../examples/demo/src/main.ts", import.meta.url));

it("the demo that `pnpm start` runs shows its trace, and says how to see it again", async () => {
  const project = Project.create();
  await build({
    entryPoints: [main],
    outfile: project.path("main.mjs"),
    ...{ bundle: true, packages: "external", platform: "node", format: "esm", target: "es2022" },
  });
  const printed = await project.nodeOutput("main.mjs");
  expect(printed).toMatch(/^support {2}ok {2}/m);
  const command = /npx pnpm exec tracing (show [0-9a-f]{32})/.exec(printed)?.[1] ?? "no command";
  const model = { name: "llm:offline", children: [] };
  expect(toStoredTree(await project.tracingJson<TraceDetail>(...command.split(" ")))).toEqual([
    {
      name: "support",
      children: [
        { name: "agent:memory", children: [] },
        { name: "agent:playbook", children: [model, model] },
        { name: "agent:signals", children: [model, model] },
        { name: "agent:strategist", children: [model] },
      ],
    },
  ]);
}, 90_000);
