import assert from "node:assert/strict";
import type { MarketEvent, Trade } from "@ssmd/market";
import { pressed } from "./keys.ts";
import { ReplayPlayer } from "@ssmd/dataset/replay";
import { progressLine } from "./progress.ts";
import type { ReplaySink } from "@ssmd/dataset/replay";

const START_US = Date.parse("2026-08-01T02:53:50Z") * 1000;
const SECOND_US = 1_000_000;
/** How late a busy machine is, `deno task bench replay` measures; here it is the wrong pace that fails. */
const LATE_MS_MAX = 20_000;

function trade(offsetUs: number, sequence = 1): Trade {
  return {
    ...{ type: "trade", timestampUs: 0, receivedAtUs: START_US + offsetUs, symbol: "BTCUSD" },
    ...{ feed: "kraken", sequence, price: 1, size: 1, side: "buy", tradeId: "" },
  };
}

/** Notes what comes, and when. */
class Notes implements ReplaySink {
  readonly records: { offsetUs: number; atMs: number }[] = [];
  readonly sizes: number[] = [];
  onWrite = () => {};

  write(batch: readonly MarketEvent[], start: number, end: number): undefined {
    const atMs = performance.now();
    for (const { receivedAtUs } of batch.slice(start, end)) {
      this.records.push({ offsetUs: receivedAtUs - START_US, atMs });
    }
    this.sizes.push(end - start);
    this.onWrite();
  }

  flush(): undefined {}

  get offsets(): number[] {
    return this.records.map(({ offsetUs }) => offsetUs);
  }
}

function playerOf(offsets: readonly number[], speed: number | "max", sink: Notes): ReplayPlayer {
  return new ReplayPlayer({
    sink,
    speed,
    async *open(fromUs = 0) {
      const wanted = offsets.map((each, i) => trade(each, i + 1))
        .filter(({ receivedAtUs }) => receivedAtUs >= fromUs);
      for (let at = 0; at < wanted.length; at += 7) yield wanted.slice(at, at + 7);
    },
  });
}

Deno.test("records come as far apart as they were received, bursts together", async () => {
  const offsets = [0, 0, 0, 1_300, 40_000, 40_000, 90_000, 91_000, 91_500, 200_000];
  const sink = new Notes();
  await playerOf(offsets, 1, sink).run();
  assert.deepEqual(sink.offsets, offsets);
  const [first] = sink.records;
  for (const { offsetUs, atMs } of sink.records) {
    const lateMs = atMs - (first?.atMs ?? 0) - offsetUs / 1000;
    assert.ok(lateMs > -0.5 && lateMs < LATE_MS_MAX, `${offsetUs} µs came ${lateMs} ms late`);
  }
  // On a slow machine the next ones are due by then.
  assert.ok((sink.sizes[0] ?? 0) >= 3, "what came at once is given at once");
});

Deno.test("a speed divides the time between records; max waits for nothing", async () => {
  const offsets = Array.from({ length: 50 }, (_, i) => i * SECOND_US);
  const started = performance.now();
  const fast = new Notes();
  await playerOf(offsets, 500, fast).run();
  const tookMs = performance.now() - started;
  assert.deepEqual(fast.offsets, offsets);
  assert.ok(tookMs >= 97 && tookMs < LATE_MS_MAX, `${tookMs} ms of 49 s`);
  const most = new Notes();
  const player = playerOf(offsets, "max", most);
  await player.run();
  assert.deepEqual([most.offsets, player.played], [offsets, 50]);
});

Deno.test("a pause stands still; resumed, it goes on with the next record and its distance", async () => {
  const sink = new Notes();
  const player = playerOf([0, 200_000], 1, sink);
  let [pausedUs, resumedMs] = [0, 0];
  sink.onWrite = () => {
    if (sink.records.length !== 1) return;
    player.togglePause();
    pausedUs = player.nowUs - START_US;
    // Without the pause the next one would have come by then.
    setTimeout(() => {
      assert.deepEqual(sink.offsets, [0]);
      resumedMs = performance.now();
      player.togglePause();
    }, 400);
  };
  await player.run();
  const leftMs = 200 - pausedUs / 1000;
  const apartMs = (sink.records[1]?.atMs ?? 0) - resumedMs;
  assert.ok(apartMs >= leftMs - 0.5, `${apartMs} ms instead of ${leftMs}`);
});

Deno.test("keys pause, seek within the span, and quit", async () => {
  const sink = new Notes();
  // Far apart: none is due beside another one where the machine is slow.
  const offsets = [0, 5, 10.5, 99].map((seconds) => seconds * SECOND_US);
  const player = playerOf(offsets, 1, sink);
  const span = { fromUs: START_US, toUs: START_US + 99 * SECOND_US };
  const keys = ["\x1b[C", "\x1b[D\x1b[D", "\x1b[A\x1b[A", "xyz q"];
  sink.onWrite = () => {
    const next = keys.shift();
    if (next !== undefined) pressed(next, player, span);
  };
  await player.run();
  // A little more than ten seconds on; back to the start, not before it; to the end, not behind it.
  assert.deepEqual(sink.offsets.map((us) => us / SECOND_US), [0, 10.5, 0, 99]);
  assert.ok(player.isPaused);
});

Deno.test("what reading or the sink throws ends the replay with it", async () => {
  const sink = new Notes();
  sink.onWrite = () => {
    throw new RangeError("full");
  };
  await assert.rejects(playerOf([0, 1], 1, sink).run(), { message: "full" });
  const player = new ReplayPlayer({
    sink: new Notes(),
    speed: 1,
    async *open() {
      yield [trade(0)];
      await Promise.reject(new RangeError("damaged"));
    },
  });
  await assert.rejects(player.run(), { message: "damaged" });
});

Deno.test("progress tells time, share, pace, records and what is left", async () => {
  const player = playerOf([0, 30 * SECOND_US], "max", new Notes());
  const span = { fromUs: START_US, toUs: START_US + 60 * SECOND_US };
  assert.equal(progressLine(player, span, { speed: "max", elapsedMs: 0 }), "reading");
  await player.run();
  assert.equal(
    progressLine(player, span, { speed: "max", elapsedMs: 4000 }),
    "2026-08-01T02:54:20Z  50 %  max  2 records  4s left",
  );
});
