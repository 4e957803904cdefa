import type { ChatWindow } from "./chat-window.ts";
import { record } from "./coach.ts";
import { findMark, type Mark, TROUBLES, toMark } from "./marks.ts";
import { COMMANDS, NOT_WAITING, pressed, UNKNOWN_COMMAND } from "./press.ts";
import type { Rep } from "./rep.ts";
import { type Expected, says, text } from "./replies.ts";
import { type AwaitedRun, run } from "./runs.ts";

/** One thing that a user does, and the reply that it must have. */
export interface Step {
  what: string;
  /** Resolves to the id of a press; for the rest, to nothing of use. */
  send(): Promise<unknown>;
  expected: Expected;
  /** The reply may be missing, as that of a press which changes nothing. */
  mayBeSilent?: boolean;
  /** Before the next step of the same move, which does not wait for the reply. @default 0 */
  thenMs?: number;
}

/** Steps that follow each other without waiting. */
export type Move = readonly Step[];

export interface Player {
  userId: number;
  rep: Rep;
  window: ChatWindow;
  /** From 0 to 1. */
  random(): number;
  /** The number of the next text. */
  nextNumber(): number;
  awaited(run: Pick<AwaitedRun, "pipeline" | "word" | "mark" | "byVoice" | "mayStop">): AwaitedRun;
}

const SAYINGS = [
  "Before I talk about price: what happens in your team when a lead goes cold?",
  "What would have to be true for you to decide this month, and who else has to agree?",
  "The buyer went silent after our proposal of 40,000 euros in May, and I have no next step.",
  "Acme wants 40 seats; the CFO likes it, procurement has been silent for three weeks.",
  "It is cheap, take it, you will not regret it at all.",
];
const GRADES = [35, 59, 60, 80, 95];
const STRANGE = ["/frobnicate now", "/admin health", "/STARTLE"];
const REACH = 6;
const RUNS = /^support:(regenerate|shorter|more_aggressive):(.+)$/;
/** Presses that lead to a new message each; the others change the message, so that a second one does nothing. */
const ANEW = /^(stats|learn:(open|levels|next|start)|support:(open|save|saved|show))\b/;

/** What a user does next: something that fits what they see most of the time, and something odd now and then. */
export function nextMove(player: Player): Move {
  const { rep } = player;
  const waits = rep.activity !== "idle";
  const one = (step: Step): Move => [step];
  return pick(player, [
    [waits ? 12 : 1, () => one(sayAnswer(player))],
    [waits ? 3 : 0.4, () => one(sayAnswer(player, { byVoice: true }))],
    [waits ? 2 : 0, () => sayAndLeave(player)],
    [0.4, () => one(keepSilent(player))],
    [rep.activity === "support" ? 1 : 0, () => one(sayTooLittle(player))],
    [waits ? 3 : 12, () => pressSomething(player)],
    [0.5, () => one(pressForged(player))],
    [waits ? 3 : 8, () => one(giveCommand(player, anyOf(player, Object.keys(COMMANDS))))],
    [0.7, () => Array.from({ length: 3 }, () => giveCommand(player, anyOf(player, Object.keys(COMMANDS))))],
    [0.6, () => one(giveStrangeCommand(player))],
  ]);
}

function pick(player: Player, choices: readonly (readonly [weight: number, make: () => Move])[]): Move {
  let at = player.random() * choices.reduce((sum, [weight]) => sum + weight, 0);
  for (const [weight, make] of choices) {
    at -= weight;
    if (at < 0) return make();
  }
  return [giveCommand(player, "/help")];
}

export function giveCommand({ rep, window }: Player, name: string): Step {
  const reading = COMMANDS[name];
  if (!reading) throw new TypeError(`There is no reading of the reply to ${name}.`);
  return { what: name, send: () => window.send(name), expected: says(name, rep, reading) };
}

function giveStrangeCommand(player: Player): Step {
  const { rep, window } = player;
  const name = anyOf(player, STRANGE);
  return { what: name, send: () => window.send(name), expected: says(name, rep, UNKNOWN_COMMAND) };
}

function sayAnswer(player: Player, { byVoice = false, mayStop = false } = {}): Step {
  const { rep, window } = player;
  const mark = newMark(player);
  const word = toMark(mark);
  const saying = `${anyOf(player, SAYINGS)} ${word}`;
  return {
    what: `${byVoice ? "voice" : "text"} ${word}`,
    send: () => (byVoice ? window.sendVoice(record(saying)) : window.send(saying)),
    expected: ifWaiting(rep, run(player.awaited({ word, mark, byVoice, mayStop }))),
  };
}

/** The reply to an answer, if the chat waits for one when it has its turn. */
function ifWaiting(rep: Rep, expected: Expected): Expected {
  const { what } = expected;
  const idle = says(what, rep, NOT_WAITING);
  return { what, take: (change) => (rep.activity === "idle" ? idle : expected).take(change) };
}

/** Stops what runs, or comes too late for it. */
function sayAndLeave(player: Player): Move {
  const { rep, window } = player;
  const answer = { ...sayAnswer(player, { mayStop: true }), thenMs: player.random() * 1_200 };
  const open = window.seen().findLast(({ buttons }) => buttons.flat().some(({ data }) => data === "cancel"));
  if (!open || player.random() < 0.5) return [answer, giveCommand(player, "/cancel")];
  const send = () => window.press(open.messageId, "cancel");
  return [answer, { what: "press Cancel", send, expected: pressed(rep, open.messageId, "cancel") }];
}

function keepSilent({ rep, window }: Player): Step {
  return {
    what: "a silent recording",
    send: () => window.sendVoice(record("")),
    expected: ifWaiting(rep, says("silence", rep, text("I hear nobody speak"))),
  };
}

function sayTooLittle({ rep, window }: Player): Step {
  return {
    what: "ok",
    send: () => window.send("ok"),
    expected: says("ok", rep, text("too little to work with")),
  };
}

function pressSomething(player: Player): Move {
  const { window, random } = player;
  const withButtons = window.seen().filter(({ buttons }) => buttons.length > 0);
  const latest = withButtons.slice(-(random() < 0.6 ? 1 : REACH));
  const buttons = latest.flatMap(({ messageId, buttons: rows }) =>
    rows.flat().map(({ data }) => ({ messageId, data })),
  );
  const harmless = buttons.filter(({ data }) => data !== "forget:yes");
  if (harmless.length === 0) return [giveCommand(player, "/start")];
  const chosen = anyOf(player, random() < 0.3 ? harmless.slice(0, 1) : harmless);
  const press = () => pressButton(player, chosen.messageId, chosen.data);
  if (random() > 0.1 || chosen.data.startsWith("train:") || chosen.data === "cancel") return [press()];
  const again: Step = { ...press(), mayBeSilent: true };
  // The reply to the command tells that both presses were dealt with.
  return ANEW.test(chosen.data) || RUNS.test(chosen.data)
    ? [press(), press()]
    : [press(), again, giveCommand(player, "/help")];
}

export function pressButton(player: Player, messageId: number, data: string): Step {
  const { rep, window } = player;
  const send = () => window.press(messageId, data);
  const what = `press ${data} on ${messageId}`;
  const id = RUNS.exec(data)?.[2];
  if (id === undefined) return { what, send, expected: pressed(rep, messageId, data) };
  const word = rep.drafts.find((draft) => draft.id === id)?.word ?? "";
  const mark = findMark(word);
  const rewritten = run(
    player.awaited({ pipeline: "support_regen", word, mark, byVoice: false, mayStop: false }),
  );
  const gone = says(what, rep, text("I no longer have this strategy"));
  let began = false;
  return {
    what,
    send,
    expected: {
      what,
      take: (change) => {
        began ||= rep.drafts.some((draft) => draft.id === id);
        return (began ? rewritten : gone).take(change);
      },
    },
  };
}

function pressForged({ rep, window, random }: Player): Step {
  const data = random() < 0.5 ? "learn:track:no-such" : "no-such:button";
  const messageId = window.seen().at(-1)?.messageId ?? 1;
  return {
    what: `press ${data}`,
    send: () => window.press(messageId, data),
    expected: says(data, rep, text("This button is from an earlier version of me")),
  };
}

function newMark(player: Player): Mark {
  return {
    userId: player.userId,
    number: player.nextNumber(),
    grade: anyOf(player, GRADES),
    trouble: player.random() < 0.06 ? anyOf(player, TROUBLES) : undefined,
  };
}

function anyOf<T>({ random }: Player, values: readonly T[]): T {
  const value = values[Math.floor(random() * values.length)];
  if (value === undefined) throw new TypeError("There is nothing to choose from.");
  return value;
}
