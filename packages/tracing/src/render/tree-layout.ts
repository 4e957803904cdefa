import { cellWidth } from "./cell-text.ts";

/** What one line of the tree has to show, before it is fitted. */
export interface TreeCells {
  guide: string;
  name: string;
  /** Model of a generation; the first thing to go when room is short. */
  model: string;
  /** `error`, `running`, `late`, ...: stays whatever else is cut. */
  flag: string;
  duration: string;
  tokens: string;
  cost: string;
}

/** Cells of each column; 0 leaves the column out. */
export interface TreeLayout {
  label: number;
  models: boolean;
  duration: number;
  tokens: number;
  cost: number;
  bar: number;
}

const GAP = 2;
const UNLIMITED_BAR = 40;
const WIDEST_BAR = 60;
const NARROWEST_BAR = 10;
/** Models are shown only beside bars of at least this many cells. */
const MODELS_BAR = 20;
const WIDEST_LABEL = 64;
const NARROWEST_LABEL = 24;

/**
 * Shares `width` out: names first, then durations, bars, tokens, cost. When names would fall below a readable width,
 * models go, then cost, tokens and bars.
 */
export function layOutTree(rows: readonly TreeCells[], width: number | undefined): TreeLayout {
  const widest = (toText: (row: TreeCells) => string) =>
    rows.reduce((cells, row) => Math.max(cells, cellWidth(toText(row))), 0);
  const withModels = Math.min(
    widest((row) => toLabel(row, true)),
    WIDEST_LABEL,
  );
  const withoutModels = Math.min(
    widest((row) => toLabel(row, false)),
    WIDEST_LABEL,
  );
  const full = {
    duration: widest((row) => row.duration),
    tokens: widest((row) => row.tokens),
    cost: widest((row) => row.cost),
  };
  if (width === undefined) return { ...full, label: withModels, models: true, bar: UNLIMITED_BAR };

  const candidates = [
    { ...full, models: true, bar: MODELS_BAR },
    { ...full, models: false, bar: NARROWEST_BAR },
    { ...full, models: false, cost: 0, bar: NARROWEST_BAR },
    { ...full, models: false, cost: 0, tokens: 0, bar: NARROWEST_BAR },
    { ...full, models: false, cost: 0, tokens: 0, bar: 0 },
  ];
  for (const candidate of candidates) {
    const wanted = candidate.models ? withModels : Math.min(withoutModels, NARROWEST_LABEL);
    const room = width - taken(candidate);
    if (room < wanted) continue;
    const label = Math.min(candidate.models ? withModels : withoutModels, room);
    const spare = candidate.bar > 0 ? Math.min(room - label, WIDEST_BAR - candidate.bar) : 0;
    return { ...candidate, label, bar: candidate.bar + spare };
  }
  const bare = { ...full, models: false, cost: 0, tokens: 0, bar: 0 };
  return { ...bare, label: Math.max(width - taken(bare), 8) };
}

/** Guide, name, model and flag as one text. */
export function toLabel({ guide, name, model, flag }: TreeCells, models: boolean): string {
  return [guide + name, models ? model : "", flag].filter(Boolean).join("  ");
}

function taken({
  duration,
  tokens,
  cost,
  bar,
}: Pick<TreeLayout, "duration" | "tokens" | "cost" | "bar">): number {
  return [duration, tokens, cost, bar].reduce((sum, column) => (column > 0 ? sum + column + GAP : sum), 0);
}
