type Sqlite = typeof import("node:sqlite");

let loaded: Sqlite | undefined;

/**
 * `node:sqlite`, loaded without the `ExperimentalWarning` that Node 22 prints for it.
 *
 * The warning is emitted synchronously while the module loads, so `process.emitWarning` is wrapped for that moment only;
 * every other warning passes through.
 */
export function loadSqlite(): Sqlite {
  if (loaded) return loaded;
  const emitWarning = process.emitWarning;
  process.emitWarning = function filtered(...args: unknown[]): void {
    if (isSqliteWarning(args)) return;
    Reflect.apply(emitWarning, process, args);
  } as typeof process.emitWarning;
  try {
    loaded = process.getBuiltinModule("node:sqlite");
  } finally {
    process.emitWarning = emitWarning;
  }
  return loaded;
}

function isSqliteWarning([warning, type]: unknown[]): boolean {
  const name = warning instanceof Error ? warning.name : type;
  return name === "ExperimentalWarning" && /sqlite/i.test(String(warning));
}
