/** A strategy that the rep was given, as its buttons name it. */
export interface HeldDraft {
  id: string;
  word: string;
  saved: boolean;
}

const KEPT_DRAFTS = 10;

/** What a user remembers of their dealings with the bot, to know what it should say next; the bot is not asked. */
export class Rep {
  /** What the chat waits for an answer to. */
  activity: "idle" | "learn" | "train" | "support" = "idle";
  /** Scores, the latest first. */
  readonly scores: number[] = [];
  drafts: HeldDraft[] = [];
  readonly #best = new Map<string, number>();

  get xp(): number {
    return [...this.#best.values()].reduce((sum, best) => sum + best, 0);
  }

  get saved(): number {
    return this.drafts.filter(({ saved }) => saved).length;
  }

  /** Returns what the score adds to the experience. */
  score(exercise: string, score: number): number {
    const best = this.#best.get(exercise) ?? 0;
    this.#best.set(exercise, Math.max(best, score));
    this.scores.unshift(score);
    return Math.max(0, score - best);
  }

  /** The bot keeps the latest ten that are saved, and the latest ten that are not. */
  hold(draft: HeldDraft): void {
    const all = [draft, ...this.drafts];
    const rank = (one: HeldDraft) => all.filter(({ saved }) => saved === one.saved).indexOf(one);
    this.drafts = all.filter((one) => rank(one) < KEPT_DRAFTS);
  }
}
