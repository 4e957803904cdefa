/** What the bot's menu offers, in its order; `/admin` is not among them. */
export const COMMANDS = [
  { command: "learn", description: "lessons with exercises, level by level" },
  { command: "train", description: "answer a buyer, get a score" },
  { command: "support", description: "a closing strategy for a live deal" },
  { command: "stats", description: "your level and recent scores" },
  { command: "cancel", description: "leave an exercise, stop what runs" },
  { command: "forget", description: "erase everything about you" },
  { command: "help", description: "what I can do" },
] as const;
