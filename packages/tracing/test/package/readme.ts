import { readdirSync, readFileSync } from "node:fs";

const root = new URL("../../../../", import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), "utf8");

export const README = read("README.md");

/** What the README and the documents it points to say. */
export const DOCUMENTS: readonly { name: string; text: string }[] = [
  { name: "readme", text: README },
  ...readdirSync(new URL("docs", root))
    .filter((name) => name.endsWith(".md"))
    .map((name) => ({ name: name.replace(".md", ""), text: read(`docs/${name}`) })),
];

/** The code blocks of a document in one language, in their order. */
export function codeBlocks(text: string, language: string): string[] {
  const fence = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "gm");
  return [...text.matchAll(fence)].map(([, code = ""]) => code);
}

/** The README's first TypeScript block: what a newcomer runs. */
export function readmeSample(): string {
  const [sample] = codeBlocks(README, "ts");
  if (sample === undefined) throw new Error("The README has no TypeScript block");
  return sample;
}
