import type { OpenStore, Tracing } from "@app/tracing";
import type { Context, SessionFlavor } from "grammy";
import type { RateLimiterMemory } from "rate-limiter-flexible";
import type { Content } from "../content/index.ts";
import type { Logger } from "../logger.ts";
import type { PipelineRunner } from "../pipelines/pipeline-runner.ts";
import type { BackgroundWork } from "../runs/background-work.ts";
import type { RunRegistry } from "../runs/run-registry.ts";
import type { Slots } from "../runs/slots.ts";
import type { BotRecords } from "../storage/bot-records.ts";
import type { SessionStorage } from "../storage/session-storage.ts";
import type { UpdateLog } from "../storage/update-log.ts";
import type { FloodGate } from "../telegram/flood-gate.ts";
import type { PollingStatus } from "../telegram/polling.ts";
import type { Transcriber } from "../voice/transcriber.ts";
import type { SessionData } from "./session.ts";

/** What handlers work with; `main.ts` makes it, and the context carries it. */
export interface Dependencies {
  logger: Logger;
  content: Content;
  runner: PipelineRunner;
  runs: RunRegistry;
  background: BackgroundWork;
  /** What may be in the queue for a chat. */
  floodGate: FloodGate;
  /** Turns a rep has in a minute: pipeline runs, and recordings to listen to. */
  limiter: RateLimiterMemory;
  records: BotRecords;
  sessions: SessionStorage<SessionData>;
  updates: UpdateLog;
  /** Undefined when voice is not configured. */
  transcriber: Transcriber | undefined;
  /** One for each recording that is listened to. */
  listening: Slots;
  /** Fetches a voice message's bytes. */
  downloadVoice(fileId: string, signal: AbortSignal): Promise<Uint8Array>;
  /** Which coach answers. */
  model: { readonly provider: string; readonly model: string };
  adminIds: ReadonlySet<number>;
  traceRepo: Tracing["repo"];
  tracing: Tracing;
  store: OpenStore;
  pollingStatus(): PollingStatus;
  startedAt: Date;
}

export type BotContext = Context &
  SessionFlavor<SessionData> & {
    deps: Dependencies;
    /** Whether no process of the bot has taken this update on before. */
    isNew: Promise<boolean>;
  };
