import { surveySpools } from "../../erase.ts";
import type { DeleteFilter } from "../../store/trace-repo.ts";
import { type CliIo, writeLine } from "../io.ts";

/** Whether a filter names a person or a trace, whose records are erased in spools as well; age alone is for the store. */
export function isErasure({ userId, telegramId, traceId }: DeleteFilter): boolean {
  return userId !== undefined || telegramId !== undefined || traceId !== undefined;
}

/** How many records in the spools are known to be of whom or what a filter names, dead letters included. */
export async function countInSpools(filter: DeleteFilter, spoolDirs: readonly string[]): Promise<number> {
  if (!isErasure(filter)) return 0;
  const surveyed = await surveySpools(filter, spoolDirs);
  return [...surveyed.values()].reduce((sum, { owned, records }) => sum + (owned ? records : 0), 0);
}

/** What whoever erases a person has to see to otherwise. */
export function sayWhatIsOutOfReach({ userId, telegramId }: DeleteFilter, io: CliIo): void {
  if (userId === undefined && telegramId === undefined) return;
  writeLine(
    io.stderr,
    "Out of reach: copies already sent over OTLP, logs and backups; and a run that still goes on keeps its start in the checkpoint of its process until it ends.",
  );
}
