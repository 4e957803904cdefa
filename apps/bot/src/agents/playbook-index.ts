import { tracedSpan } from "@app/tracing";
import MiniSearch from "minisearch";
import type { Play } from "../coaching/exercise.ts";

/** Words that stand in any description of a deal. */
const STOP_WORDS: ReadonlySet<string> = new Set(
  "a about after all an and any are as at be because but by can did do does for from has have he her his how i if in is it its me my no not now of on or our out she so than that the their them then there they this to up us was we what when which who will with would you your".split(
    " ",
  ),
);

/** What is longer is no word, and costs the square of its length to compare with words. */
const LONGEST_WORD = 40;

/** The playbook as a full-text index in memory. */
export class PlaybookIndex {
  readonly #plays: ReadonlyMap<string, Play>;
  readonly #index: MiniSearch;

  constructor(plays: readonly Play[]) {
    this.#plays = new Map(plays.map((play) => [play.id, play]));
    this.#index = new MiniSearch({
      fields: ["title", "when", "moves"],
      processTerm: (term) => {
        const word = term.toLowerCase();
        return STOP_WORDS.has(word) || word.length > LONGEST_WORD ? null : word;
      },
      searchOptions: {
        boost: { title: 1.5, when: 2 },
        // Wordings of one stem, such as "budgets" for "budget"; short words would match anything.
        prefix: (term) => term.length > 3,
        fuzzy: (term) => (term.length > 4 ? 0.2 : false),
      },
    });
    this.#index.addAll(
      plays.map(({ id, title, when, moves }) => ({ id, title, when, moves: moves.join(" ") })),
    );
  }

  /** The plays that share words with the text, the best first. */
  @tracedSpan("tool:playbook_search", {
    kind: "retrieval",
    captureInput: ([query, limit]) => ({ query, limit }),
  })
  search(query: string, limit: number): Play[] {
    return this.#index
      .search(query)
      .slice(0, limit)
      .flatMap(({ id }) => this.#plays.get(String(id)) ?? []);
  }
}
