/** Something that must hold, and whether it did. */
export interface Criterion {
  name: string;
  passed: boolean;
  /** What was found, in a line. */
  detail: string;
  /** Each thing that is wrong, the first few of them. */
  problems: string[];
}

const SHOWN = 10;

/** Holds when there are no problems. */
export function criterion(name: string, detail: string, problems: readonly string[]): Criterion {
  const more = problems.length > SHOWN ? [`and ${problems.length - SHOWN} more`] : [];
  return { name, detail, passed: problems.length === 0, problems: [...problems.slice(0, SHOWN), ...more] };
}
