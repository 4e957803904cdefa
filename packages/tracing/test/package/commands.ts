import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { delimiter, dirname } from "node:path";

export interface Ended {
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

export interface NpmSource {
  registry: string;
  cache: string;
  /** An empty directory, so that nothing in the user's own has a say. */
  home: string;
}

export interface CommandOptions {
  cwd: string;
  env: NodeJS.ProcessEnv;
}

/** How this machine reaches the network is no configuration of ours or the user's. */
const NETWORK = /^(https?_proxy|no_proxy|all_proxy|NODE_EXTRA_CA_CERTS|SSL_CERT_(FILE|DIR))$/i;

/** The environment of a new shell on this machine, with none of the workspace's tools. */
export function machineEnv(home: string): NodeJS.ProcessEnv {
  const path = (process.env.PATH ?? "").split(delimiter).filter((entry) => !entry.includes("node_modules"));
  return {
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => NETWORK.test(name))),
    PATH: path.join(delimiter),
    HOME: home,
    npm_config_update_notifier: "false",
  };
}

/** The same, with this Node or another in front. */
export function commandEnv(home: string, node: string = process.execPath): NodeJS.ProcessEnv {
  const env = machineEnv(home);
  return { ...env, PATH: [dirname(node), env.PATH].join(delimiter) };
}

/** Nothing here takes a third of it; a command that hangs should say which it was. */
const COMMAND_TIMEOUT_MS = 100_000;

/** Runs a command to its end, whatever that is; its output goes through pipes. */
export function run(command: string, args: readonly string[], options: CommandOptions): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      ...options,
      stdio: ["ignore", "pipe", "pipe"],
      timeout: COMMAND_TIMEOUT_MS,
    });
    const ended: Ended = { exitCode: null, stdout: "", stderr: "" };
    for (const stream of ["stdout", "stderr"] as const) {
      child[stream].setEncoding("utf8").on("data", (chunk: string) => {
        ended[stream] += chunk;
      });
    }
    child.on("error", reject);
    child.on("close", (exitCode) => resolve({ ...ended, exitCode }));
  });
}

/** Runs a command that must succeed; resolves to what it printed. */
export async function output(
  command: string,
  args: readonly string[],
  options: CommandOptions,
): Promise<string> {
  const { exitCode, stdout, stderr } = await run(command, args, options);
  if (exitCode === 0) return stdout;
  throw new Error(`${command} ${args.join(" ")} ended with ${exitCode ?? "a signal"}\n${stdout}\n${stderr}`);
}

export function npmEnv({ registry, cache, home }: NpmSource): NodeJS.ProcessEnv {
  return { ...commandEnv(home), npm_config_registry: registry, npm_config_cache: cache };
}

/** `npm install` in a directory that is made for it when it does not exist. */
export async function npmInstall(
  directory: string,
  packages: readonly string[],
  npm: NpmSource,
): Promise<void> {
  mkdirSync(directory, { recursive: true });
  await output(
    "npm",
    ["install", "--prefix", ".", "--no-audit", "--no-fund", "--prefer-offline", ...packages],
    {
      cwd: directory,
      env: npmEnv(npm),
    },
  );
}
