import type { CollectorStats } from "../../src/collector/stats.ts";
import type { StartTracingOptions } from "../../src/tracing-options.ts";
import { type Program, startProgram } from "../support/program.ts";
import { createSettledCounter } from "./run-log.ts";

/** What `services/coach.ts` is told: options of `startTracing`, and how to work. */
export interface CoachOptions extends Omit<StartTracingOptions, "logger" | "otlp"> {
  /** Where it writes down what has ended. */
  logFile: string;
  /** A descriptor that it writes to instead; see {@link LaunchOptions.pipedLog}. */
  logDescriptor?: number;
  /** Runs that go on at the same time; 0 makes none. @default 8 */
  workers?: number;
  /** Runs it makes in all. @default as many as it can */
  maxRuns?: number;
  /** Milliseconds each worker rests between two runs. @default 0 */
  pauseMs?: number;
  /** Milliseconds that one run in twenty takes longer, unless `maxRuns` is given. @default 3_000 */
  longRunMs?: number;
  /** Characters that a model's answer may have. @default 400 */
  answerChars?: number;
  /** Milliseconds that each call of the store may take. @default the library's own, 30,000 */
  storeTimeoutMs?: number;
  /** Leaves what the library has to say to the library, and out of the log. @default false */
  warnToStderr?: boolean;
}

/** A traced service in a process of its own. */
export interface Coach extends Program {
  readonly options: CoachOptions;
  /** Gives it an order that it, or a module loaded before it, knows; resolves to its answer. */
  ask<T = CollectorStats>(order: string): Promise<T>;
  /** Resolves when `startTracing` has returned. */
  started(): Promise<void>;
  /** Resolves when so many runs have settled by its log. */
  settled(runs: number): Promise<void>;
  stats(): Promise<CollectorStats>;
  /** Ends its work and nothing else. */
  rest(): Promise<CollectorStats>;
  /** Ends its work and delivers what waits, for a minute at most. */
  drain(): Promise<CollectorStats>;
  /** Ends its work, shuts tracing down, and lets the process end by itself. */
  shutdown(): Promise<CollectorStats>;
}

export interface LaunchOptions {
  env?: Record<string, string | undefined>;
  /** A shell command that comes before it, such as `ulimit -n 64`. */
  before?: string;
  /** Modules that are loaded before it, which may add orders to `services/orders.ts`. */
  imports?: readonly URL[];
  /** What becomes of its standard error; see {@link ProgramOptions.stderr}. */
  stderr?: "inherit" | "ignore" | "unread";
  /** Its log goes through a pipe, and somebody else writes the file: no limit of its own hits the log. */
  pipedLog?: boolean;
}

/** Starts `services/coach.ts`. */
export function startCoach(
  options: CoachOptions,
  { pipedLog = false, ...launch }: LaunchOptions = {},
): Coach {
  const program = startProgram(
    new URL("services/coach.ts", import.meta.url),
    [JSON.stringify({ ...options, ...(pipedLog && { logDescriptor: 3 }) })],
    { ...launch, ...(pipedLog && { thirdTo: options.logFile }) },
  );
  const ask = async <T = CollectorStats>(order: string) => {
    program.tell(order);
    return JSON.parse(await program.line()) as T;
  };
  return {
    ...program,
    options,
    ask,
    async started() {
      for (;;) if ((await program.line()) === "started") return;
    },
    async settled(runs) {
      const settledSoFar = createSettledCounter(options.logFile);
      while (settledSoFar() < runs) {
        if (program.process.exitCode !== null || program.process.signalCode !== null)
          throw new Error("The coach has ended before.");
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    stats: () => ask("stats"),
    rest: () => ask("rest"),
    drain: () => ask("drain"),
    shutdown: () => ask("shutdown"),
  };
}
