import { cpSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import type { TraceDetail } from "../../src/store/trace-repo.ts";
import { Project, toStoredTree } from "./installed-project.ts";
import { typeCheck } from "./type-check.ts";

const example = fileURLToPath(new URL("../../../../examples/decorators-legacy/", import.meta.url));

it("the example with legacy decorators compiles against the packed library, and its trace is stored", async () => {
  const project = Project.create();
  project.setType("module");
  cpSync(`${example}src`, project.path("src"), { recursive: true });
  await typeCheck(project, "tsconfig.example.json", {
    compilerOptions: { experimentalDecorators: true, outDir: "compiled", rootDir: "src" },
    files: ["src/main.ts"],
  });
  expect(await project.nodeOutput("compiled/main.js")).toMatch(/^advise {2}ok {2}/m);
  expect(toStoredTree(await project.tracingJson<TraceDetail>("show", "latest"))).toEqual([
    {
      name: "advise",
      children: [
        {
          name: "agent:coach",
          children: [
            { name: "llm:offline", children: [] },
            { name: "tool:playbook", children: [] },
          ],
        },
      ],
    },
  ]);
}, 90_000);
