import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import puppeteer, { type Browser } from "puppeteer-core";

interface Program {
  path: string;
  env: Record<string, string>;
}

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const MAC = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome";
const FLAGS = [
  "--no-sandbox",
  "--no-zygote",
  "--disable-gpu",
  "--font-render-hinting=none",
  "--use-fake-ui-for-media-stream",
  "--use-fake-device-for-media-stream",
];

/**
 * Opens a headless Chromium with a microphone that beeps: the one named by CHROMIUM_BIN or PUPPETEER_EXECUTABLE_PATH,
 * else the one that `@sparticuz/chromium` brings through npm, else one of the machine. The caller closes it.
 */
export async function launchBrowser(): Promise<Browser> {
  const { path, env } = await findProgram();
  return puppeteer.launch({
    executablePath: path,
    headless: "shell",
    args: FLAGS,
    env: { ...process.env, ...env },
  });
}

async function findProgram(): Promise<Program> {
  const named = process.env.CHROMIUM_BIN ?? process.env.PUPPETEER_EXECUTABLE_PATH;
  if (named) return { path: named, env: {} };
  const problems: unknown[] = [];
  for (const candidate of [fromNpm, ofMachine]) {
    try {
      return await candidate();
    } catch (error) {
      problems.push(error);
    }
  }
  throw new AggregateError(problems, "No Chromium runs here; name one in CHROMIUM_BIN");
}

/** Unpacked once a version, beside the package that brings it; whoever is first puts it there whole. */
async function fromNpm(): Promise<Program> {
  const require = createRequire(import.meta.url);
  const entry = require.resolve("@sparticuz/chromium");
  const { version } = require(join(dirname(entry), "../package.json"));
  const home = join(ROOT, "node_modules/.cache", `chromium-${version}`);
  if (!existsSync(home)) await unpack(entry, home);
  const path = join(home, "chromium");
  const env = { FONTCONFIG_FILE: join(home, "fonts.conf") };
  const withLibraries = { ...env, LD_LIBRARY_PATH: join(home, "al2023/lib") };
  try {
    await run(path, ["--version"]);
    return { path, env };
  } catch (error) {
    if (!String(error).includes("shared libraries")) throw error;
    await run(path, ["--version"], { env: { ...process.env, ...withLibraries } });
    return { path, env: withLibraries };
  }
}

/** In a process of its own: the package unpacks into the temporary directory, and into nothing else. */
async function unpack(entry: string, home: string): Promise<void> {
  await mkdir(dirname(home), { recursive: true });
  const stage = await mkdtemp(`${home}-`);
  const program = `import(${JSON.stringify(pathToFileURL(entry).href)}).then((m) => m.default.executablePath())`;
  // The name of that environment makes it unpack the libraries that bare machines lack, too.
  const env = { ...process.env, TMPDIR: stage, AWS_EXECUTION_ENV: "AWS_Lambda_nodejs24.x" };
  await run(process.execPath, ["--eval", program], { env });
  await writeFile(join(stage, "fonts.conf"), fontConfig(home));
  try {
    await rename(stage, home);
  } catch (error) {
    await rm(stage, { recursive: true });
    if (!existsSync(home)) throw error;
  }
}

function fontConfig(home: string): string {
  const dirs = ["/usr/share/fonts", join(home, "fonts")].map((dir) => `<dir>${dir}</dir>`);
  const cache = `<cachedir>${join(home, "fonts-cache")}</cachedir>`;
  return `<?xml version="1.0"?>\n<!DOCTYPE fontconfig SYSTEM "fonts.dtd">\n<fontconfig>${dirs.join("")}${cache}</fontconfig>\n`;
}

async function ofMachine(): Promise<Program> {
  const onPath = (process.env.PATH ?? "")
    .split(delimiter)
    .flatMap((dir) => NAMES.map((name) => join(dir, name)));
  const path = [...onPath, MAC].find((file) => existsSync(file));
  if (!path) throw new Error(`None of ${NAMES.join(", ")} is on PATH`);
  await run(path, ["--version"]);
  return { path, env: {} };
}
