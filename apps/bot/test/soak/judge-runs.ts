import { type Criterion, criterion } from "./criterion.ts";
import type { Stage } from "./run-soak.ts";
import { SLOW } from "./simulated-user.ts";
import { wrongRatings, wrongRuns, wrongTraces } from "./stored.ts";

/** What the users know of it, against what stands in their chats and in the database. */
export async function judgeRuns(stage: Stage): Promise<Criterion[]> {
  const { users, operator, sampler, world } = stage;
  const { databaseUrl } = world.insforge;
  const notes = users.flatMap((user) => user.notes);
  const sent = notes.filter(({ kind }) => kind === "sent").length;
  const replied = notes.filter(({ kind }) => kind === "replied").length;
  const slow = notes.filter(({ kind, what }) => kind === "replied" && what.endsWith(SLOW)).length;
  const slowly = slow > 0 ? `, ${slow} of them that the database took too long, outside of the outage` : "";
  const runs = users.flatMap((user) => user.runs);
  const outcomes = Map.groupBy(runs, ({ outcome }) => outcome);
  const outcomeCounts = [...outcomes].map(([outcome, { length }]) => `${length} ${outcome}`).join(", ");
  const ratings = new Map(users.flatMap((user) => [...user.ratings]));
  const doubtful = new Set(users.flatMap((user) => [...user.doubtfulRatings]));

  const audits = (await Promise.all(users.map((user) => user.audit()))).flat();
  await operator.audit();
  const { readings, failures } = sampler;
  const health = [
    ...failures,
    ...operator.strange.map((text) => `The operator did not ask for: ${text.slice(0, 200)}`),
    ...(operator.waiting > 0 ? [`${operator.waiting} questions have no answer`] : []),
  ];
  return [
    criterion("every reply is delivered once", `${sent} sent, ${replied} replied to${slowly}`, audits),
    criterion("the operator is answered once", `${readings.length} of /admin health`, health),
    criterion(
      "each run that was seen has one trace, as it was seen",
      `${runs.length} runs: ${outcomeCounts}`,
      await wrongRuns(databaseUrl, runs),
    ),
    criterion(
      "traces are whole: each span once, no trace without an end",
      "rollups, parents and statistics in SQL",
      await wrongTraces(databaseUrl),
    ),
    criterion(
      "each rating is stored as it was given",
      `${ratings.size} ratings`,
      await wrongRatings(databaseUrl, ratings, doubtful),
    ),
  ];
}
