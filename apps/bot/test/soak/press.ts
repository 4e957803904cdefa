import type { Rep } from "./rep.ts";
import { dataOf, type Expected, either, labels, prompt, type Reading, says, text, turns } from "./replies.ts";
import { takeStats } from "./runs.ts";

export const NOT_WAITING = text("I am not waiting for an answer");
export const UNKNOWN_COMMAND = text("I do not know this command");
const OUTDATED = text("This button is from an earlier version of me");
const GONE = text("I no longer have this strategy");
const TRACKS = text(/Choose a track|You have passed every level of every track/);
const TRACK = text(/points open the next level|You have passed every level\./);
const DIFFICULTIES = text("How hard should it be?");
const LEFT = {
  learn: "You left the exercise. Nothing was scored.",
  train: "You left the exercise. Nothing was scored.",
  support: "You left before a strategy was written.",
};
const leave = (rep: Rep) => {
  rep.activity = "idle";
};

/** Leaving, said in one of two ways: by whether there is something to leave when it has its turn. */
const leaves: Reading = (message, rep) => {
  const wanted = rep.activity === "idle" ? "There is nothing to leave" : LEFT[rep.activity];
  return text(wanted, leave)(message, rep);
};

/** The replies to commands; all but `/cancel` also leave what is open. */
export const COMMANDS: Readonly<Record<string, Reading>> = {
  "/start": text("Welcome. I coach sales people.", leave),
  "/help": text(/^\/learn: /, leave),
  "/learn": after(TRACKS),
  "/train": after(DIFFICULTIES),
  "/support": prompt("support"),
  "/stats": after(takeStats),
  "/forget": after(text("It cannot be undone")),
  "/cancel": leaves,
};

function after(reading: Reading): Reading {
  return (message, rep) => {
    const outcome = reading(message, rep);
    if (outcome !== undefined) leave(rep);
    return outcome;
  };
}

/** What pressing a button leads to, but for those that start a run. */
export function pressed(rep: Rep, messageId: number, data: string): Expected {
  const anew = (reading: Reading) => says(`press ${data}`, rep, reading);
  const inPlace = (reading: Reading) => turns(`press ${data}`, rep, messageId, reading);
  const [feature = "", act = "", argument = ""] = data.split(":");
  switch (feature) {
    case "cancel":
      return either(
        turns(`press ${data}`, rep, messageId, (message) =>
          rep.activity === "idle" ? undefined : leaves(message, rep),
        ),
        anew((message) => (rep.activity === "idle" ? leaves(message, rep) : undefined)),
      );
    case "stats":
      return anew(takeStats);
    case "forget":
      return inPlace(text(act === "yes" ? "Everything about you is erased" : "Nothing was erased"));
    case "rate":
      return inPlace((message) =>
        labels(message).some((label) => label.includes("elpful")) ? undefined : act,
      );
    case "learn":
      return pressedLearn(act, anew, inPlace);
    case "train":
      if (act === "open") return anew(DIFFICULTIES);
      return act === "next" || act === "retry" ? anew(prompt("train")) : inPlace(prompt("train"));
    default:
      return anew(readSupport(act, argument));
  }
}

function pressedLearn(
  act: string,
  anew: (reading: Reading) => Expected,
  inPlace: (reading: Reading) => Expected,
): Expected {
  const lesson: Reading = (message) => dataOf(message, /^learn:start:(.+)$/);
  switch (act) {
    case "":
      return inPlace(TRACKS);
    case "open":
      return anew(TRACKS);
    case "track":
      return inPlace(TRACK);
    case "levels":
      return anew(TRACK);
    case "level":
      return inPlace(lesson);
    case "next":
      return anew(lesson);
    case "start":
      return anew(prompt("learn"));
    default:
      return anew(OUTDATED);
  }
}

function readSupport(act: string, id: string): Reading {
  return (message, rep) => {
    const draft = rep.drafts.find((one) => one.id === id);
    switch (act) {
      case "open":
        return prompt("support")(message, rep);
      case "saved":
        return text(rep.saved > 0 ? "Which one?" : "You have saved no strategy yet")(message, rep);
      case "show":
        return (draft ? text(draft.word) : GONE)(message, rep);
      case "save": {
        if (!draft) return GONE(message, rep);
        const outcome = text(draft.saved ? "saved already" : "Saved;")(message, rep);
        if (outcome !== undefined) draft.saved = true;
        return outcome;
      }
      default:
        return OUTDATED(message, rep);
    }
  };
}
