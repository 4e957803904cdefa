import type { Change, ChatMessage } from "./chat-window.ts";
import type { Rep } from "./rep.ts";

/** What a change in the chat is to somebody who waits for a reply: it, the announcement of it, or nothing of theirs. */
export type Taken = { done: string } | "under-way" | undefined;

/** A reply that is waited for. */
export interface Expected {
  readonly what: string;
  take(change: Change): Taken;
}

/** Reads a message as the reply, takes in what follows from it, and names it; undefined when it is something else. */
export type Reading = (message: ChatMessage, rep: Rep) => string | undefined;

/** A reply in a new message. */
export function says(what: string, rep: Rep, reading: Reading): Expected {
  return { what, take: ({ isNew, message }) => (isNew ? toTaken(reading(message, rep)) : undefined) };
}

/** A reply that takes the place of a message. */
export function turns(what: string, rep: Rep, messageId: number, reading: Reading): Expected {
  return {
    what,
    take: ({ isNew, message }) =>
      !isNew && message.messageId === messageId ? toTaken(reading(message, rep)) : undefined,
  };
}

/** The first of them that fits. */
export function either(...expected: [Expected, ...Expected[]]): Expected {
  return {
    what: expected[0].what,
    take: (change) => expected.map((one) => one.take(change)).find((taken) => taken !== undefined),
  };
}

/** A message with this text in it, and what follows from it. */
export function text(wanted: string | RegExp, then?: (rep: Rep) => void): Reading {
  return (message, rep) => {
    const fits = typeof wanted === "string" ? message.text.includes(wanted) : wanted.test(message.text);
    if (!fits) return undefined;
    then?.(rep);
    return String(wanted);
  };
}

/** A message that asks for an answer; its only button leaves. */
export function prompt(activity: Rep["activity"]): Reading {
  return (message, rep) => {
    if (!message.text.includes("Reply with your answer")) return undefined;
    if (labels(message).join() !== "Cancel") return undefined;
    rep.activity = activity;
    return "an exercise";
  };
}

export function labels({ buttons }: ChatMessage): string[] {
  return buttons.flat().map(({ text: label }) => label);
}

export function dataOf({ buttons }: ChatMessage, pattern: RegExp): string | undefined {
  for (const { data } of buttons.flat()) {
    const found = pattern.exec(data)?.[1];
    if (found !== undefined) return found;
  }
  return undefined;
}

export function toTaken(outcome: string | undefined): Taken {
  return outcome === undefined ? undefined : { done: outcome };
}
