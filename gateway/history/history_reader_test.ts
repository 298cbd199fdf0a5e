import assert from "node:assert/strict";
import fc from "fast-check";
import type { Trade } from "@ssmd/market";
import { GATEWAY_LIMITS } from "../limits.ts";
import type { GapSpan } from "./gap_span.ts";
import type { Position } from "./position.ts";
import { DAY_US, type HistoryRig, historyRig, tradeAt } from "./testing/history_rig.ts";

const TEMP = await Deno.makeTempDir();
globalThis.addEventListener("unload", () => Deno.removeSync(TEMP, { recursive: true }));

/** Trades of some minutes around midnight, several at the same time. */
function tradesOf(steps: readonly number[]): Trade[] {
  let us = DAY_US - 200_000_000;
  return steps.map((step, i) => tradeAt(us += step, i + 1));
}

/** What happens to a history between two pages. */
const EVENT = fc.constantFrom("take", "archive", "seal", "evict", "nothing");

const CASE = fc.record({
  steps: fc.array(fc.constantFrom(0, 1, 40_000, 7_000_000, 90_000_000), {
    minLength: 4,
    maxLength: 60,
    size: "max",
  }),
  started: fc.double({ min: 0, max: 1, noNaN: true }),
  taken: fc.double({ min: 0, max: 1, noNaN: true }),
  limit: fc.integer({ min: 1, max: 9 }),
  order: fc.constantFrom("asc", "desc"),
  events: fc.array(EVENT, { minLength: 1, maxLength: 12 }),
});

/** Plays records into memory and archive. */
class Play {
  rig: HistoryRig;
  trades: readonly Trade[];
  taken = 0;
  archived = 0;

  constructor(rig: HistoryRig, trades: readonly Trade[]) {
    this.rig = rig;
    this.trades = trades;
  }

  /** Records up to here come from the bus; those before `from` came while no gateway was there. */
  take(to: number, from = 0): void {
    for (; this.taken < to; this.taken++) {
      if (this.taken >= from) this.rig.take(this.trades[this.taken] as Trade);
    }
  }

  /** Everything that came so far is archived. */
  async archive(): Promise<void> {
    await this.rig.archive.write(this.trades.slice(this.archived, this.taken));
    this.archived = this.taken;
  }

  async happen(event: string): Promise<void> {
    if (event === "take") this.take(Math.min(this.trades.length, this.taken + 3));
    if (event === "archive") await this.archive();
    if (event === "seal") await this.rig.archive.seal("trade", "2026-08-01", TEMP);
    // Memory lets go only what is archived: its limits are minutes, the archive's way is one.
    const last = this.trades[this.archived - 1];
    if (event === "evict" && last) {
      this.rig.history.of(this.rig.market)?.trade.raise(last.receivedAtUs);
    }
  }
}

Deno.test("pages over memory, windows and sealed days hold every trade once, in either order, while more comes", async () => {
  await fc.assert(
    fc.asyncProperty(CASE, async ({ steps, started, taken, limit, order, events }) => {
      const trades = tradesOf(steps);
      const play = new Play(historyRig(), trades);
      const start = Math.floor(started * (trades.length - 1));
      play.take(start, Infinity);
      await play.archive();
      play.take(Math.max(start + 1, start + Math.floor(taken * (trades.length - start))));
      // The border of memory itself is in the archive only.
      await play.archive();
      const before = play.taken;
      const { market, reader } = play.rig;
      const span = { fromUs: 0, toUs: DAY_US * 2, order: order as "asc" | "desc", limit };
      const found: number[] = [];
      const gaps: GapSpan[] = [];
      let after: Position | undefined;
      for (let i = 0;; i++) {
        const page = await reader.page({ market, type: "trade", ...span, after });
        found.push(...page.records.map(({ sequence }) => sequence));
        gaps.push(...page.gaps);
        assert.ok(page.records.length <= limit);
        if (page.next === undefined) break;
        after = page.next;
        await play.happen(events[i % events.length] as string);
      }
      const count = order === "asc" ? play.taken : before;
      // What shares its moment with the first record of memory can be on its way to the archive.
      const isReported = ({ receivedAtUs }: Trade) =>
        gaps.some(({ fromUs, toUs }) => receivedAtUs >= fromUs && receivedAtUs < toUs);
      const expected = trades.slice(0, count).filter((trade) =>
        found.includes(trade.sequence) || !isReported(trade)
      ).map(({ sequence }) => sequence);
      assert.deepEqual(found, order === "asc" ? expected : expected.reverse());
      if (gaps.length === 0) assert.equal(found.length, count);
    }),
    { numRuns: 100 },
  );
});

Deno.test("what is neither in memory nor archived yet is a gap of the answer", async () => {
  const play = new Play(historyRig(), tradesOf(Array.from({ length: 40 }, () => 1_000_000)));
  play.take(10, Infinity);
  await play.archive();
  play.take(20, Infinity);
  play.take(30);
  const { market, reader } = play.rig;
  const query = {
    market,
    type: "trade",
    fromUs: 0,
    toUs: DAY_US,
    order: "asc",
    limit: 100,
  } as const;
  const page = await reader.page(query);
  const sequences = page.records.map(({ sequence }) => sequence);
  const missing = play.trades.slice(0, 30).filter(({ sequence }) => !sequences.includes(sequence));
  assert.deepEqual(page.gaps.map(({ reason }) => reason), ["not_archived_yet"]);
  const covers = ({ fromUs, toUs }: GapSpan, { receivedAtUs }: Trade) =>
    receivedAtUs >= fromUs && receivedAtUs < toUs;
  assert.equal(missing.length, 11);
  for (const trade of missing) assert.ok(page.gaps.some((gap) => covers(gap, trade)));
});

Deno.test("records that the bus lost come from the archive: memory begins anew behind them", async () => {
  const play = new Play(historyRig(), tradesOf(Array.from({ length: 30 }, () => 1_000_000)));
  play.take(1);
  play.take(10);
  const { market, reader, history } = play.rig;
  history.raiseFloor(market.feed);
  play.take(20, Infinity);
  play.take(30);
  await play.archive();
  const page = await reader.page({
    ...{ market, type: "trade", fromUs: 0, toUs: DAY_US, order: "asc", limit: 100 },
  });
  assert.deepEqual(page.records.map(({ sequence }) => sequence).length, 30);
  assert.deepEqual(page.gaps, []);
});

Deno.test("memory keeps the last minutes whole and lets go what is older than the archive's way", () => {
  const { take, history, market } = historyRig();
  for (let i = 1; i <= 6000; i++) take(tradeAt(DAY_US + i * 1_000_000, i));
  const series = history.of(market)?.trade;
  assert.ok(series !== undefined && series.length < 1500, String(series?.length));
  const kept = series.between(0, Infinity);
  const [first] = kept;
  assert.ok(first !== undefined && first.receivedAtUs >= series.floorUs);
  assert.equal(kept.at(-1)?.sequence, 6000);
  const span = (kept.at(-1) as Trade).receivedAtUs - first.receivedAtUs;
  assert.ok(span >= GATEWAY_LIMITS.historyKeptMs * 1000);
});
