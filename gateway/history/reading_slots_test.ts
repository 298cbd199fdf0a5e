import assert from "node:assert/strict";
import { setImmediate } from "node:timers";
import { GATEWAY_LIMITS } from "../limits.ts";
import { ArchiveBusy, ReadingSlots } from "./reading_slots.ts";
import { DAY_US, historyRig, tradeAt } from "./testing/history_rig.ts";

Deno.test("while the archive is read, others get their turn again and again", async () => {
  const { archive, reader, market } = historyRig();
  const trades = Array.from({ length: 40_000 }, (_, i) => tradeAt(DAY_US + i * 10_000, i + 1));
  await archive.write(trades);
  let turns = 0;
  let isOver = false;
  const turn = () => {
    turns++;
    if (!isOver) setImmediate(turn);
  };
  setImmediate(turn);
  let read = 0;
  let turnsOnTheWay = 0;
  for await (
    const batch of reader.scanTrades(market, { fromUs: DAY_US, toUs: DAY_US * 2 }, [])
  ) {
    read += batch.length;
    turnsOnTheWay = turns;
  }
  isOver = true;
  assert.equal(read, trades.length);
  assert.ok(turnsOnTheWay >= 5, `${turnsOnTheWay} turns`);
});

Deno.test("few read at the same time, some wait, and what is too much is refused", async () => {
  const slots = new ReadingSlots();
  const { archiveReadsMax, archiveReadsWaitingMax } = GATEWAY_LIMITS;
  const gate = Promise.withResolvers<void>();
  let open = 0;
  let most = 0;
  const read = async function* () {
    most = Math.max(most, ++open);
    await gate.promise;
    yield 1;
    open--;
  };
  const taken = async () => {
    for await (const _ of slots.reading(read)) await Promise.resolve();
  };
  const all = Array.from({ length: archiveReadsMax + archiveReadsWaitingMax }, taken);
  await Promise.resolve();
  await assert.rejects(taken(), ArchiveBusy);
  gate.resolve();
  await Promise.all(all);
  assert.equal(most, archiveReadsMax);
  assert.equal(slots.length, 0);
});

Deno.test("a reader that stops early gives its slot back", async () => {
  const slots = new ReadingSlots();
  const read = async function* () {
    await Promise.resolve();
    yield 1;
    yield 2;
  };
  for await (const _ of slots.reading(read)) break;
  assert.equal(slots.length, 0);
});
