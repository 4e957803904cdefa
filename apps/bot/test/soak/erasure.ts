import { setTimeout as pause } from "node:timers/promises";
import { query } from "../../../../packages/tracing/test/support/postgres-server.ts";
import { type Criterion, criterion } from "./criterion.ts";
import { giveCommand, type Move, type Player, pressButton } from "./moves.ts";
import type { Stage } from "./run-soak.ts";

const ERASED_USERS = 2;
const LOOK_MS = 100;

/** Users who want to be forgotten at the end are, and nobody else is. */
export async function erase({ world, users, options }: Stage): Promise<Criterion> {
  const { databaseUrl } = world.insforge;
  const leaving = users
    .filter(({ problems, waiting }) => problems.length + waiting === 0)
    .slice(0, ERASED_USERS);
  const ids = leaving.map(({ id }) => String(id));
  const before = await countKept(databaseUrl, ids);
  for (const user of leaving) {
    await user.make((player) => [giveCommand(player, "/forget")]);
    await user.make(confirm);
  }
  // The session goes at the end of the update, after the reply.
  const deadline = performance.now() + options.patienceMs;
  let after = await countKept(databaseUrl, ids);
  while (after.own > 0 && performance.now() < deadline) {
    await pause(LOOK_MS);
    after = await countKept(databaseUrl, ids);
  }
  const audits = (await Promise.all(leaving.map((user) => user.audit()))).flat();
  return criterion(
    "who asks for it is forgotten, and nobody else",
    `${before.own} rows of ${ids.length} users`,
    [
      ...audits,
      ...(before.own > 0 ? [] : ["There was nothing to forget"]),
      ...(after.own > 0 ? [`${after.own} rows are left`] : []),
      ...(after.others === before.others ? [] : [`${before.others} rows of others became ${after.others}`]),
    ],
  );
}

function confirm(player: Player): Move {
  const asked = player.window
    .seen()
    .findLast(({ buttons }) => buttons.flat().some(({ data }) => data === "forget:yes"));
  if (!asked) throw new Error(`User ${player.userId} was not asked whether to be forgotten.`);
  return [pressButton(player, asked.messageId, "forget:yes")];
}

async function countKept(
  databaseUrl: string,
  ids: readonly string[],
): Promise<{ own: number; others: number }> {
  const [row] = await query(
    databaseUrl,
    `WITH kept AS (
       SELECT t.user_id FROM tracing.traces t JOIN tracing.spans s USING (trace_id)
       UNION ALL SELECT user_id FROM tracing.traces
       UNION ALL SELECT user_id FROM bot.notes
       UNION ALL SELECT key FROM bot.sessions)
     SELECT count(*) FILTER (WHERE user_id = ANY ($1))::int AS own,
       count(*) FILTER (WHERE user_id <> ALL ($1))::int AS others
     FROM kept`,
    [ids],
  );
  return { own: Number(row?.own), others: Number(row?.others) };
}
