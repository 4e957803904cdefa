import { InlineKeyboard } from "grammy";

/** Data of the buttons that open a feature in a new message; each feature answers to its own. */
export const OPEN = { learn: "learn:open", train: "train:open", support: "support:open" } as const;

/** Where a rep can go from a message that leads nowhere by itself. */
export function toMenu(): InlineKeyboard {
  return new InlineKeyboard()
    .text("Learn", OPEN.learn)
    .text("Train", OPEN.train)
    .text("Support", OPEN.support);
}
