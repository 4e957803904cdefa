/** What the bot lives through while its users go on. */
export type Circumstance = "outage" | "restart";

/** For what was begun in it to come to its end, deadlines and what has piled up included. */
const AFTERMATH_MS: Readonly<Record<Circumstance, number>> = { outage: 30_000, restart: 10_000 };

/** When there was an outage or a restart: only then may a reply say so. */
export class Circumstances {
  /** When the bot last gave a call to its database up, as its log has it; for a machine so slow that it is like an outage. */
  gaveUpAt: () => number | undefined = () => undefined;
  readonly #spells: { circumstance: Circumstance; from: number; to: number }[] = [];

  /** Lasts until the result is called. */
  begin(circumstance: Circumstance): () => void {
    const spell = { circumstance, from: Date.now(), to: Number.POSITIVE_INFINITY };
    this.#spells.push(spell);
    return () => {
      spell.to = Date.now() + AFTERMATH_MS[circumstance];
    };
  }

  /** Whether what was begun then may have been touched by a database that took too long, outage or not. */
  wasSlow(beganAt: number): boolean {
    const at = this.gaveUpAt();
    return at !== undefined && at + AFTERMATH_MS.outage >= beganAt;
  }

  /** Whether what was begun then may have been touched by it. */
  touched(circumstance: Circumstance, beganAt: number): boolean {
    return this.#spells.some(
      (spell) => spell.circumstance === circumstance && spell.to >= beganAt && spell.from <= Date.now(),
    );
  }
}
