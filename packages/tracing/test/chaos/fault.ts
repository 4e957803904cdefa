import type { Scene } from "./scene.ts";

/** One row of the table of faults: what is done to the library, and what must hold afterwards. */
export interface Fault {
  /** Its row's number and subject. */
  readonly name: string;
  /** How often it is caused in the test command, and in the whole suite. */
  readonly trials: Readonly<Record<"quick" | "full", number>>;
  /**
   * Causes the fault `scene.trials` times, each judged by `scene.judge`.
   *
   * @throws what did not hold.
   */
  run(scene: Scene): Promise<void>;
}
