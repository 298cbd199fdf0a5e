import assert from "node:assert/strict";
import type { Gap, MarketEvent } from "@ssmd/market";
import type { Normalizer } from "../adapter.ts";
import type { CapturedLine } from "../captured_line.ts";
import { Translator } from "../translator.ts";
import { feed } from "../_normalizer_fixtures.ts";
import { ackFrame, brief, kalshiNormalizer, numbered, snapshotFrame } from "./test_frames.ts";

const A = "KXA-26AUG01-T1.5";
const SPECS = [{ symbol: A, external: A }];
const LIVES = ackFrame("market_lifecycle_v2", 4);

function statusGaps(events: readonly MarketEvent[]): Gap[] {
  return events.filter((event): event is Gap => event.type === "gap" && event.channel === "status");
}

/** A normalizer that sees the life of its market. */
function seeing(): Normalizer {
  const normalizer = kalshiNormalizer(SPECS);
  normalizer.connected(10);
  assert.deepEqual(statusGaps(feed(normalizer, LIVES, 11).events), []);
  feed(
    normalizer,
    numbered("market_lifecycle_v2", 4, 1, {
      ...{ market_ticker: A, event_type: "activated" },
    }),
    12,
  );
  return normalizer;
}

Deno.test("steps in lives between a break and the channel's confirmation are lost, and said to be", () => {
  const normalizer = seeing();
  normalizer.disconnected(12, 15, { why: "Silence." });
  normalizer.disconnected(12, 16, { why: "Refused." });
  normalizer.connected(20);
  feed(normalizer, ackFrame("orderbook_delta", 1), 21);
  const book = feed(normalizer, snapshotFrame(1, 1, A, [], []), 22).events;
  assert.deepEqual(brief(book), ["gap disconnect _all recovered", `snapshot ${A}`]);
  const [gap, ...more] = statusGaps(feed(normalizer, LIVES, 25).events);
  assert.deepEqual(more, []);
  assert.ok(gap);
  const { symbol, reason, fromUs, toUs, missed, recovered } = gap;
  assert.deepEqual(
    { symbol, reason, fromUs, toUs, missed, recovered },
    { symbol: "_all", reason: "disconnect", fromUs: 12, toUs: 25, missed: null, recovered: false },
  );
  assert.deepEqual(statusGaps(feed(normalizer, LIVES, 26).events), [], "it is said once");
});

Deno.test("a normalizer that goes on from a state says it as the one before would", () => {
  const before = seeing();
  before.disconnected(12, 15, { why: "Silence." });
  const after = kalshiNormalizer(SPECS);
  after.restore(JSON.parse(JSON.stringify(before.state())));
  assert.deepEqual(statusGaps(feed(after, LIVES, 25).events).map(({ fromUs }) => fromUs), [12]);
});

function runOf(lines: readonly CapturedLine[]) {
  const translator = new Translator("kalshi", kalshiNormalizer(SPECS), { run: 1, connection: 1 });
  return { translator, events: lines.flatMap((line) => translator.line(line).events) };
}

function event(atUs: number, name: string, more = {}): CapturedLine {
  return { kind: "event", atUs, name, why: "", ...more };
}

Deno.test("a stop on purpose leaves lives unseen on purpose, a death without it does not", () => {
  for (const planned of [true, false]) {
    const resumed = event(50, "resumed", { fromUs: 12, planned });
    const lines = [resumed, event(51, "connect")];
    const { events } = runOf([...lines, { kind: "frame", atUs: 52, text: LIVES }]);
    assert.deepEqual(
      statusGaps(events).map(({ reason, fromUs, toUs }) => [reason, fromUs, toUs]),
      [[planned ? "planned" : "disconnect", 12, 52]],
    );
  }
});

Deno.test("a run that ends before the channel is confirmed hands on since when lives are unseen", () => {
  const second = runOf([event(50, "resumed", { fromUs: 12 }), event(51, "connect")]);
  const carried = JSON.parse(JSON.stringify(second.translator.carried()));
  const resumed = event(90, "resumed", { fromUs: 80, planned: true, carried });
  const third = runOf([resumed, event(91, "connect"), { kind: "frame", atUs: 92, text: LIVES }]);
  assert.deepEqual(
    statusGaps(third.events).map(({ reason, fromUs, toUs }) => [reason, fromUs, toUs]),
    [["disconnect", 12, 92]],
  );
});
