import { basename } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { isOpenToAll } from "../../lock/private-files.ts";
import type { EncodedRecord } from "../../record/record.ts";
import { type Adopted, adoptDirectory, listDirectories } from "./adoption.ts";
import type { Intake } from "./intake.ts";
import type { Pending } from "./pending.ts";
import type { SegmentStore } from "./segment-store.ts";
import { reasonOf, type Trouble } from "./trouble.ts";

const INTERRUPTED_AT_ONCE = 64;
const OPEN_TO_ALL = "Every user of this machine may remove what waits in the spool's root.";

/** What was taken over from dead processes. */
export interface Adoption {
  /** Spans that are pending now, and those that turned out damaged and were reported as dropped. */
  spans: number;
  /** The records written for traces that their process never ended. */
  interrupted: EncodedRecord[];
  directories: number;
}

export interface TakeoverOptions {
  root: string;
  store: SegmentStore;
  intake: Intake;
  pending: Pending;
  trouble: Trouble;
  /** Called as the counts grow, before anything else happens; the same spans are in {@link Adoption}. */
  onAdopt(spans: number): void;
  closed(): boolean;
}

/**
 * Takes over the directories of all dead processes. The counts change in one step at the end, and `onAdopt` is told in
 * it, so that nobody sees spans that are pending but never ended.
 */
export async function takeOver(options: TakeoverOptions): Promise<Adoption> {
  const { root, store, trouble, closed } = options;
  const adoption: Adoption = { spans: 0, interrupted: [], directories: 0 };
  const waiting: Adopted[] = [];
  for (const name of list(options)) {
    if (closed()) break;
    if (store.own && name === basename(store.own.path)) continue;
    const adopted = await adoptDirectory(root, name, (message) => trouble.raise(name, message));
    if (!adopted) continue;
    waiting.push(adopted);
    await emitInterrupted(adopted, options);
    if (closed()) break;
    adoption.interrupted.push(...adopted.interrupted);
    adoption.directories += 1;
    // One in which nothing waits changes no count, and need not be kept open.
    if (adopted.directory.segments.some((segment) => !segment.done) || adopted.damagedSpans > 0) continue;
    waiting.pop();
    store.addAdopted(adopted.directory);
    store.sweep(adopted.directory);
  }
  if (closed()) {
    for (const { directory } of waiting) directory.release();
    return { spans: 0, interrupted: [], directories: 0 };
  }
  return { ...adoption, spans: publish(waiting, options) };
}

function list({ root, trouble }: TakeoverOptions): string[] {
  try {
    const names = listDirectories(root);
    if (isOpenToAll(root)) trouble.raise("open", `${OPEN_TO_ALL} Make it private: chmod go= ${root}`);
    return names;
  } catch (error) {
    trouble.raise("list", `The spool's root cannot be listed (${reasonOf(error)}); nothing is taken over.`);
    return [];
  }
}

/** Writes what became of the open traces to the own spool, and takes them off the dead process's list. */
async function emitInterrupted({ directory, interrupted }: Adopted, options: TakeoverOptions): Promise<void> {
  const { store, intake, closed } = options;
  for (let index = 0; index < interrupted.length; index += INTERRUPTED_AT_ONCE) {
    if (closed()) return;
    intake.append(interrupted.slice(index, index + INTERRUPTED_AT_ONCE));
    await nextTurn();
  }
  // While they are in memory only, the list is what another process would need.
  if (closed() || (interrupted.length > 0 && intake.refused)) return;
  directory.openTraces.clear();
  if (directory.inheritance) directory.inheritance.interrupted = true;
  if (interrupted.length > 0) store.checkpointer.write(directory);
}

/** Adds what was taken over to what is read and counted, oldest first; returns how many spans that makes. */
function publish(adopted: readonly Adopted[], options: TakeoverOptions): number {
  const { store, intake, pending } = options;
  const byAge = adopted.toSorted((a, b) =>
    compare(a.directory.inheritance?.diedAt, b.directory.inheritance?.diedAt),
  );
  let total = 0;
  for (const { directory, damagedSpans } of byAge) {
    const records = directory.segments.reduce((sum, segment) => sum + segment.records, 0);
    const spans = directory.segments.reduce((sum, segment) => sum + segment.spans, 0);
    store.addAdopted(directory);
    pending.add(records, spans);
    options.onAdopt(spans + damagedSpans);
    pending.report("damaged", damagedSpans);
    total += spans + damagedSpans;
    store.sweep(directory);
  }
  store.makeRoom(0);
  intake.rescue();
  return total;
}

function compare(a = "", b = ""): number {
  return a < b ? -1 : Number(a > b);
}
