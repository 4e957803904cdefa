import type { SpoolRest } from "./bot-life.ts";
import { type Criterion, criterion } from "./criterion.ts";
import type { Descriptors } from "./resources.ts";
import type { RestPoint } from "./rest-point.ts";
import type { Stage } from "./run-soak.ts";

const MIB = 2 ** 20;

/** Code that is compiled when it is first needed, and what else differs between two measurements of an idle process. */
const NOISE_BYTES = 2.5 * MIB;
/** A session is kept at hand as objects, which take so many times the bytes of its JSON. */
const BYTES_PER_SESSION_BYTE = 4;
/** The bot remembers which updates it has seen, ten thousand of them. */
const BYTES_PER_UPDATE = 200;
const REMEMBERED_UPDATES = 10_000;

/** A segment of the spool, with its checkpoint and its lock. */
const SPOOL_FILES = 3;
const SPOOL_BYTES = 4 * MIB + 64 * 1_024;

/** What the bot takes, and what it says became of its spans. */
export function judgeResources(stage: Stage): Criterion[] {
  const { rests, sampler } = stage;
  const unbalanced = sampler.unbalanced.map((reading) => JSON.stringify(reading));
  const retrying = sampler.readings.filter(({ state, pending }) => state !== "ok" && pending > 0);
  return [
    criterion("the ledger balances at every sample", `${sampler.readings.length} samples`, unbalanced),
    criterion(
      "the ledger says what SQL says, nothing is dropped",
      rests.map(({ health, storedSpans }) => `${health.delivered} = ${storedSpans}`).join(", "),
      rests.flatMap((point) => ledgerProblems(point, stage)),
    ),
    ...judgeMemory(rests),
    criterion("descriptors are as many as before", describeDescriptors(rests), descriptorProblems(rests)),
    criterion(
      "the spool is back to nothing that waits",
      rests.map(({ spool }) => `${spool.pending} waiting, ${toKib(spool.bytes)} KiB`).join("; "),
      rests.flatMap(({ name, spool }) => spoolProblems(spool).map((problem) => `${name}: ${problem}`)),
    ),
    criterion(
      "the outage was felt",
      `${retrying.length} samples with spans that wait, ${Math.max(0, ...retrying.map((one) => one.pending))} at most`,
      retrying.length > 0 ? [] : ["No sample shows it"],
    ),
  ];
}

/** How the processes ended, and what they have left. */
export function judgeEndings({ lives }: Stage): Criterion[] {
  const endings = lives.flatMap(({ ending }) => (ending ? [ending] : []));
  const unexpected = lives.flatMap(({ bot }) => bot.lines().filter(isUnexpected));
  const lines = unexpected.map((line) => JSON.stringify(line).slice(0, 400));
  return [
    criterion(
      "each process ends in order and leaves an empty spool",
      endings.map(({ code, spool }) => `code ${code}, ${spool.files} files`).join("; "),
      endings.flatMap(({ code, spool }) => [
        ...(code === 0 ? [] : [`A process ended with ${code}`]),
        ...(spool.pendingSpans === 0 && spool.files > 0
          ? [`${spool.files} files are left in the spool`]
          : []),
        ...(spool.deadLetters > 0 ? [`${spool.deadLetters} dead letters are left`] : []),
      ]),
    ),
    criterion("the log tells of nothing unexpected", `${lives.length} processes`, [...new Set(lines)]),
  ];
}

function ledgerProblems({ name, life, health, storedSpans }: RestPoint, { lives }: Stage): string[] {
  // What a process could not deliver before its end is counted, and delivered, by the next one.
  const adopted = lives[life - 2]?.ending?.spool.pendingSpans ?? 0;
  const { ended, delivered, pending, deadLettered, dropped, sampledOut } = health;
  const rest = pending + deadLettered + dropped + sampledOut;
  if (ended === storedSpans + adopted && delivered === ended && rest === 0) return [];
  return [`${name}: ${storedSpans} spans in SQL, ${adopted} taken over, and ${JSON.stringify(health)}`];
}

/** Growth between two rests of one process, beyond what it is meant to keep. */
function judgeMemory(rests: readonly RestPoint[]): Criterion[] {
  return [...Map.groupBy(rests, ({ life }) => life)].map(([life, points]) => {
    const [before, after] = [points[0], points.at(-1)];
    if (!before || !after) throw new Error(`Process ${life} was never at rest.`);
    const grown = after.liveBytes - before.liveBytes;
    const updates = Math.min(after.updates - before.updates, REMEMBERED_UPDATES);
    const sessions = Math.max(0, after.sessionBytes - before.sessionBytes);
    const kept = sessions * BYTES_PER_SESSION_BYTE + updates * BYTES_PER_UPDATE;
    const allowed = NOISE_BYTES + kept;
    const detail =
      `${toMib(before.liveBytes)} MiB, then ${toMib(after.liveBytes)} MiB after ${after.updates - before.updates} updates; ` +
      `allowed are ${toMib(allowed)} more, ${toMib(kept)} of them for sessions and seen updates`;
    const problems = grown <= allowed ? [] : [`The heap has grown by ${toMib(grown)} MiB`];
    return criterion(`memory of process ${life} returns to its level`, detail, problems);
  });
}

function describeDescriptors(rests: readonly RestPoint[]): string {
  if (!rests[0]?.descriptors) return "this system does not show them: not judged";
  return rests.map(({ descriptors }) => (descriptors ? totalOf(descriptors) : "?")).join(", ");
}

function totalOf({ sockets, files, segments, others }: Descriptors): number {
  return sockets + files + segments + others;
}

function descriptorProblems(rests: readonly RestPoint[]): string[] {
  const [first] = rests;
  return rests.flatMap(({ name, descriptors }) => {
    if (!first?.descriptors || !descriptors) return [];
    const { segments, ...counted } = descriptors;
    const { segments: _, ...before } = first.descriptors;
    const isSame = JSON.stringify(counted) === JSON.stringify(before);
    // The spool keeps the segment open that it writes to, and begins it with the first span.
    if (isSame && segments <= 1) return [];
    return [`${name}: ${JSON.stringify(descriptors)}, and before ${JSON.stringify(first.descriptors)}`];
  });
}

function spoolProblems({ pending, deadLetters, files, bytes }: SpoolRest): string[] {
  return [
    ...(pending > 0 ? [`${pending} records wait`] : []),
    ...(deadLetters > 0 ? [`${deadLetters} dead letters`] : []),
    ...(files > SPOOL_FILES ? [`${files} files`] : []),
    ...(bytes > SPOOL_BYTES ? [`${toKib(bytes)} KiB`] : []),
  ];
}

/** Failures that the outage, the restart, the users and the model bring about. */
const EXPECTED = new Set([
  "ModelError",
  "RunStoppedError",
  "RecordsUnavailableError",
  "StoreError",
  "TranscriptionError",
]);

function isUnexpected({ level, err }: { level: string; err?: unknown }): boolean {
  if (level !== "error" && level !== "fatal") return false;
  const type = typeof err === "object" && err !== null && "type" in err ? String(err.type) : "";
  return level === "fatal" || !EXPECTED.has(type);
}

function toMib(bytes: number): string {
  return (bytes / MIB).toFixed(1);
}

function toKib(bytes: number): number {
  return Math.round(bytes / 1_024);
}
