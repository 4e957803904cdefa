import { setTimeout as pause } from "node:timers/promises";
import { seededRandom } from "../../../../packages/tracing/test/support/random.ts";
import { type Change, ChatWindow } from "./chat-window.ts";
import type { Circumstances } from "./circumstances.ts";
import { type Move, nextMove, type Player, type Step } from "./moves.ts";
import { Rep } from "./rep.ts";
import type { Taken } from "./replies.ts";
import type { SeenRun } from "./runs.ts";

export interface SimulatedUserOptions {
  id: number;
  /** Of local Telegram. */
  url: string;
  seed: number;
  /** Between two moves, on average. */
  thinkMs: number;
  /** How long a reply is waited for before it counts as missing. */
  patienceMs: number;
  circumstances: Circumstances;
}

/** A line of what the user has written down: what they sent, and what they saw of the bot. */
export interface Note {
  at: number;
  userId: number;
  /** `begun` is the status of a run; `strange` is what nothing of theirs explains. */
  kind: "sent" | "begun" | "replied" | "strange" | "missing";
  what: string;
  text?: string;
}

/** How a reply ends that says that the database is away when it was only slow. */
export const SLOW = "no records, for the machine was slow";

interface Waiting {
  step: Step;
  sentAt: number;
  /** Whose toast may say that there is no reply, for the button was pressed a moment before. */
  press?: string;
}

const RUNS_PER_MINUTE = 20;
const LOOK_MS = 2_000;
/** Of a user's notes, what is shown of the way to a problem. */
const NOTES_IN_PROBLEM = 12;

/** Somebody who uses the bot as people do, knows what each thing they send must be answered with, and writes it all down. */
export class SimulatedUser {
  readonly id: number;
  readonly rep = new Rep();
  readonly notes: Note[] = [];
  readonly runs: SeenRun[] = [];
  /** What was rated, and how, by trace. */
  readonly ratings = new Map<string, boolean>();
  /** Traces whose rating may have arrived, though the reply says that it has not. */
  readonly doubtfulRatings = new Set<string>();
  readonly #options: SimulatedUserOptions;
  readonly #window: ChatWindow;
  readonly #random: () => number;
  readonly #waiting: Waiting[] = [];
  readonly #runTimes: number[] = [];
  #texts = 0;
  #goes = false;
  #busy: Promise<void> = Promise.resolve();

  constructor(options: SimulatedUserOptions) {
    this.id = options.id;
    this.#options = options;
    this.#window = new ChatWindow(options.url, options.id);
    this.#random = seededRandom(options.seed + options.id);
  }

  /** Things sent that the reply to is still to come. */
  get waiting(): number {
    return this.#waiting.length;
  }

  get problems(): Note[] {
    return this.notes.filter(({ kind }) => kind === "strange" || kind === "missing");
  }

  /** Makes moves until it is told to stop; one whose reply is missing makes no more. */
  go(): void {
    this.#goes = true;
    this.#busy = this.#busy
      .then(() => this.#play())
      .catch((error: unknown) => this.#note("strange", "a failure of the user's own", String(error)));
  }

  /** Makes no new move; resolves when the last one has its replies. */
  async stop(): Promise<void> {
    this.#goes = false;
    await this.#busy;
  }

  /** Makes a single move, and waits for its replies. */
  async make(toMove: (player: Player) => Move): Promise<void> {
    for (const step of toMove(this.#player())) {
      const waiting: Waiting = { step, sentAt: Date.now() };
      this.#waiting.push(waiting);
      this.#note("sent", step.what);
      const press = await step.send();
      if (typeof press === "string") waiting.press = press;
      await pause(step.thenMs ?? 0);
    }
    await this.#settle();
  }

  /** What stands in the chat and was not seen, or not like that, and what was never replied to. */
  async audit(): Promise<string[]> {
    for (const change of await this.#window.changes(0)) this.#take(change);
    const seen = new Map(this.#window.seen().map((message) => [message.messageId, message]));
    const ofBot = (await this.#window.whole()).filter(({ from }) => from === "bot");
    const unseen = ofBot.filter(({ messageId, seq }) => seen.get(messageId)?.seq !== seq);
    return [
      ...unseen.map(({ text }) => `User ${this.id} has not seen: ${text.slice(0, 80)}`),
      ...(seen.size === ofBot.length ? [] : [`User ${this.id} saw ${seen.size} messages of ${ofBot.length}`]),
      ...this.#waiting.map(({ step }) => `User ${this.id} has no reply to: ${step.what}`),
      ...this.problems.map((problem) => this.#describe(problem)),
    ];
  }

  async #play(): Promise<void> {
    while (this.#goes && this.problems.length === 0) {
      await this.make(nextMove);
      await pause(-Math.log(1 - this.#random()) * this.#options.thinkMs);
    }
  }

  async #settle(): Promise<void> {
    while (this.#waiting.length > 0) {
      for (const change of await this.#window.changes(LOOK_MS)) this.#take(change);
      this.#dropRepeated();
      const [first] = this.#waiting;
      if (!first || Date.now() - first.sentAt < this.#options.patienceMs) continue;
      this.#note("missing", first.step.what);
      return;
    }
  }

  /** The bot does nothing for a press while it is busy with the same one, and says so at once. */
  #dropRepeated(): void {
    for (const waiting of [...this.#waiting]) {
      const { press, step } = waiting;
      if (press === undefined || this.#window.toast(press) !== "I am on it") continue;
      const isRepeated =
        this.notes.filter(({ kind, what }) => kind === "sent" && what === step.what).length > 1;
      if (!isRepeated) continue;
      this.#drop(waiting);
      this.#note("replied", `${step.what}: on it`);
    }
  }

  #take(change: Change): void {
    const { isNew, message } = change;
    for (const waiting of [...this.#waiting]) {
      const taken = waiting.step.expected.take(change) ?? this.#excused(waiting, change);
      if (taken === "under-way") return this.#note("begun", waiting.step.what, message.text);
      if (taken) return this.#replied(waiting, taken.done, message.text);
      // The reply to what comes next tells that there will be none.
      if (waiting.step.mayBeSilent) this.#drop(waiting);
      // That the database is away is said beside the queue, and can be overtaken.
      else if (!this.#mayBeOvertaken(waiting)) break;
    }
    this.#note("strange", isNew ? "a message" : "a change", message.text);
  }

  #mayBeOvertaken({ sentAt }: Waiting): boolean {
    const { circumstances } = this.#options;
    return circumstances.touched("outage", sentAt) || circumstances.wasSlow(sentAt);
  }

  #drop(waiting: Waiting): void {
    this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
  }

  /** A reply that says why there is no other one, at a time when that is true. */
  #excused({ sentAt, step }: Waiting, { isNew, message: { text } }: Change): Taken {
    const { circumstances } = this.#options;
    if (!isNew) return undefined;
    const wasOut = circumstances.touched("outage", sentAt);
    if (/^I cannot reach my records right now/.test(text)) {
      if (wasOut) return { done: "no records" };
      return circumstances.wasSlow(sentAt) ? { done: SLOW } : undefined;
    }
    // A trace that still waits in the spool is nobody's yet.
    const isRating = step.what.startsWith("press rate:");
    if (wasOut && isRating && /^This button is from an earlier/.test(text)) return { done: "not stored yet" };
    const wasRestarted = circumstances.touched("restart", sentAt);
    if (wasRestarted && /^I am being restarted and had to stop/.test(text)) return { done: "restarting" };
    if (wasRestarted && /^I was restarted in the middle/.test(text)) return { done: "abandoned" };
    return undefined;
  }

  #replied(waiting: Waiting, outcome: string, text: string): void {
    const { step } = waiting;
    this.#drop(waiting);
    this.#note("replied", `${step.what}: ${outcome}`, text);
    const [, thumb, traceId] = /^press rate:(up|down):([0-9a-f]{32})/.exec(step.what) ?? [];
    if (traceId === undefined) return;
    if (outcome === thumb) this.ratings.set(traceId, thumb === "up");
    else this.doubtfulRatings.add(traceId);
  }

  #player(): Player {
    const { circumstances } = this.#options;
    return {
      userId: this.id,
      rep: this.rep,
      window: this.#window,
      random: this.#random,
      nextNumber: () => {
        this.#texts += 1;
        return this.#texts;
      },
      awaited: (run) => ({
        ...run,
        rep: this.rep,
        userId: this.id,
        beganAt: Date.now(),
        circumstances,
        wasQuick: () => this.#runTimes.filter((at) => at > Date.now() - 60_000).length >= RUNS_PER_MINUTE,
        onSettled: (seen) => {
          this.#runTimes.push(Date.now());
          this.runs.push(seen);
        },
      }),
    };
  }

  #note(kind: Note["kind"], what: string, text?: string): void {
    this.notes.push({ at: Date.now(), userId: this.id, kind, what, ...(text !== undefined && { text }) });
  }

  #describe(problem: Note): string {
    const until = this.notes.indexOf(problem) + 1;
    const lines = this.notes.slice(Math.max(0, until - NOTES_IN_PROBLEM), until).map(toLine);
    return `User ${this.id}:\n    ${lines.join("\n    ")}`;
  }
}

function toLine({ at, kind, what, text }: Note): string {
  const time = new Date(at).toISOString().slice(11, 23);
  return `${time} ${kind} ${what}${text === undefined ? "" : ` <- ${JSON.stringify(text.slice(0, 90))}`}`;
}
