import { once } from "node:events";
import { appendFileSync, existsSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, it } from "vitest";
import { DEAD_LETTER_FILE, readDeadLetters } from "../../../src/collector/spool/dead-letters.ts";
import { requeueDeadLetters } from "../../../src/collector/spool/requeue.ts";
import { readSpoolStatus } from "../../../src/collector/spool/spool.ts";
import { startChild } from "./children/child.ts";
import { drain, encoded, idOf, openSpool, scratch } from "./records.ts";

it("hands dead letters to whoever takes over next, and takes no run for interrupted", async () => {
  const root = scratch();
  const { spool } = openSpool(root);
  const started = encoded("started", 1);
  spool.deadLetter([started, encoded("span", 2)].map((record) => ({ record, reason: "refused" })));
  const name = basename(spool.dir);
  expect(requeueDeadLetters(root, name)).toEqual({ records: 2, unreadable: 0 });
  expect(existsSync(join(spool.dir, DEAD_LETTER_FILE))).toBe(false);
  expect(requeueDeadLetters(root, name)).toEqual({ records: 0, unreadable: 0 });
  expect(readSpoolStatus(root).map(({ alive, pendingRecords }) => [alive, pendingRecords])).toEqual(
    expect.arrayContaining([
      [true, 0],
      [false, 2],
    ]),
  );
  const next = openSpool(root);
  expect(await next.spool.adopt()).toMatchObject({ spans: 1, interrupted: [], directories: 1 });
  expect((await drain(next.spool)).map(idOf)).toEqual([1, 2]);
});

it("leaves a line that holds no record among the dead letters", () => {
  const root = scratch();
  const { spool } = openSpool(root);
  spool.deadLetter([
    { record: "no JSON", reason: "refused" },
    { record: encoded("span", 1), reason: "refused" },
  ]);
  appendFileSync(join(spool.dir, DEAD_LETTER_FILE), '{"time":"2026-11');
  expect(requeueDeadLetters(root, basename(spool.dir))).toEqual({ records: 1, unreadable: 2 });
  const left = readdirSync(root).flatMap((name) => readDeadLetters(join(root, name)));
  expect(left.map(({ line }) => line.slice(0, 8))).toEqual(['{"time":', '{"time":']);
});

it("loses none while the owner goes on writing them", async () => {
  const count = 12_000;
  const root = scratch();
  const { spool } = openSpool(root);
  const name = basename(spool.dir);
  const child = startChild("lettering", [spool.dir, String(count)]);
  const exited = once(child, "exit");
  let rounds = 0;
  while (child.exitCode === null && child.signalCode === null) {
    if (requeueDeadLetters(root, name).records > 0) rounds += 1;
    await nextTurn();
  }
  expect(await exited).toEqual([0, null]);
  requeueDeadLetters(root, name);
  const next = openSpool(root);
  await next.spool.adopt();
  const ids = new Set((await drain(next.spool)).map(idOf));
  expect([ids.size, rounds > 1]).toEqual([count, true]);
});
