import assert from "node:assert/strict";
import type { Gap } from "@ssmd/market";
import { DAY_US, historyRig, tradeAt } from "./testing/history_rig.ts";
import { StoredArchive } from "./stored_archive.ts";

const HOUR_US = 3600_000_000;

Deno.test("a gap over midnight, recorded when capture begins again, is one of both days", async () => {
  const { archive, market, reader } = historyRig();
  const [stopUs, startUs] = [DAY_US - 12 * HOUR_US, DAY_US + 12 * HOUR_US];
  const gap: Gap = {
    ...{ type: "gap", symbol: "_all", feed: "kraken", sequence: 2, channel: "all" },
    ...{ reason: "disconnect", missed: null, detail: "stopped", recovered: true, timestampUs: 0 },
    ...{ fromUs: stopUs, toUs: startUs, receivedAtUs: startUs },
  };
  await archive.write([tradeAt(DAY_US - 24 * HOUR_US, 1), tradeAt(stopUs, 2)]);
  await archive.write([gap, tradeAt(DAY_US + 24 * HOUR_US - 1, 3)]);
  const stored = new StoredArchive(archive.storage, "test");
  for (const fromUs of [DAY_US - 24 * HOUR_US, DAY_US]) {
    const [day, ...others] = await stored.days("kraken", fromUs, fromUs + 24 * HOUR_US);
    assert.deepEqual([day?.gaps.length, day?.quality, others], [1, 0.5, []]);
    const [found] = await reader.gapsOf(market, fromUs, fromUs + 24 * HOUR_US);
    assert.deepEqual([found?.fromUs, found?.toUs], [stopUs, startUs]);
  }
  assert.deepEqual(await reader.gapsOf(market, DAY_US - 24 * HOUR_US, stopUs), []);
});

/** Gap of a connection that breaks at noon of day 1; the others go on. */
function brokenAtNoon(toUs: number): Gap {
  const fromUs = DAY_US + 12 * HOUR_US;
  return {
    ...{ type: "gap", symbol: "_all", feed: "kraken", sequence: 2, channel: "all" },
    ...{ reason: "disconnect", missed: null, detail: "broken", timestampUs: 0 },
    ...{ recovered: toUs > 0, fromUs, toUs, receivedAtUs: Math.max(fromUs, toUs) },
  };
}

async function gapsByDay(recorded: Record<number, Gap>): Promise<number[][]> {
  const { archive } = historyRig();
  const days = [0, 1, 2, 3, 4, 5].map((n) => DAY_US + n * 24 * HOUR_US);
  for (const [n, dayUs] of days.entries()) {
    const own = recorded[n] === undefined ? [] : [recorded[n]];
    await archive.write([
      tradeAt(dayUs, 10 * n + 3),
      ...own,
      tradeAt(dayUs + 23 * HOUR_US, 10 * n + 4),
    ]);
  }
  const found: number[][] = [];
  const stored = new StoredArchive(archive.storage, "test");
  const all = await stored.days("kraken", DAY_US, DAY_US + 6 * 24 * HOUR_US);
  for (const dayUs of days) {
    const [day] = await stored.days("kraken", dayUs, dayUs + 24 * HOUR_US);
    assert.deepEqual(day?.gaps, all[found.length]?.gaps);
    found.push(day?.gaps.map(({ toUs }) => toUs) ?? []);
  }
  return found;
}

Deno.test("a gap over days that have records of other connections is one of each of them", async () => {
  const toUs = DAY_US + 4 * 24 * HOUR_US + HOUR_US;
  const expected = [[toUs], [toUs], [toUs], [toUs], [toUs], []];
  assert.deepEqual(await gapsByDay({ 0: brokenAtNoon(0), 4: brokenAtNoon(toUs) }), expected);
  assert.deepEqual(await gapsByDay({ 4: brokenAtNoon(toUs) }), expected);
});

Deno.test("a gap of which no end is known is one of each later day, far from its start, too", async () => {
  assert.deepEqual(await gapsByDay({ 1: brokenAtNoon(0) }), [[0], [0], [0], [0], [0], [0]]);
});

Deno.test("a gap over days without any record is one of a span of such days", async () => {
  const { archive, market, reader } = historyRig();
  const [stopUs, startUs] = [DAY_US + 12 * HOUR_US, DAY_US + 5 * 24 * HOUR_US];
  const gap = { ...brokenAtNoon(startUs), reason: "planned" } as const;
  await archive.write([tradeAt(DAY_US, 1)]);
  await archive.write([gap, tradeAt(startUs + HOUR_US, 3)]);
  const day2Us = DAY_US + 2 * 24 * HOUR_US;
  const stored = new StoredArchive(archive.storage, "test");
  const found = await stored.gaps("kraken", day2Us, day2Us + 24 * HOUR_US);
  assert.deepEqual(found.map(({ fromUs, toUs }) => [fromUs, toUs]), [[stopUs, startUs]]);
  assert.deepEqual(await reader.gapsOf(market, day2Us, day2Us + 24 * HOUR_US), found);
});
