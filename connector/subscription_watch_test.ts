import assert from "node:assert/strict";
import { Metrics, silentLogger } from "@ssmd/runtime";
import { Translator } from "@ssmd/exchanges";
import type { Connection } from "./connection.ts";
import { Continuity } from "./continuity.ts";
import { createConnectorMetrics } from "./connector_metrics.ts";
import { SubscriptionWatch } from "./subscription_watch.ts";
import { type FakeFrame, fakeVenue } from "./testing/fake_venue.ts";

const SECOND_US = 1_000_000;

function fakeNormalizer(symbols: readonly string[]) {
  const specs = symbols.map((symbol) => ({ symbol, external: symbol }));
  return fakeVenue().normalizers[0]!.create({ feed: "fake", symbols: specs });
}

/** A connection whose events come back as lines at once. */
function watched(symbols: readonly string[]) {
  const specs = symbols.map((symbol) => ({ symbol, external: symbol }));
  const normalizer = fakeNormalizer(symbols);
  const translator = new Translator("fake", normalizer);
  const connection = {
    connectionIndex: 1,
    symbols: specs,
    normalizer,
    translator,
  } as unknown as Connection;
  const sent: string[] = [];
  const lines: string[] = [];
  let nowUs = 0;
  const watch = new SubscriptionWatch({
    connections: [connection],
    isOpen: () => true,
    tell: (_, name, { why, fromUs }) => {
      lines.push(`${name} ${why}`.trim());
      sent.push(...translator.event({ name, why, ...(fromUs && { fromUs }) }, nowUs).send);
    },
    logger: silentLogger,
    metrics: createConnectorMetrics(new Metrics("connector"), "fake"),
  });
  const frame = (json: FakeFrame, atUs: number) => {
    const { events, send } = translator.frame(json, "", atUs);
    sent.push(...send);
    for (const event of events) watch.seen(event);
  };
  /** Seconds at which something was asked for, from `from` to `to`. */
  const requested = (from: number, to: number) => {
    const seconds: number[] = [];
    for (let second = from; second <= to; second++) {
      nowUs = second * SECOND_US;
      watch.tick(nowUs);
      if (sent.splice(0).length > 0) seconds.push(second);
    }
    return seconds;
  };
  return { watch, translator, frame, requested, lines };
}

Deno.test("a suspect book is asked for again at growing intervals until it is right", () => {
  const { watch, frame, requested } = watched(["A"]);
  frame({ snap: "A", n: 1 }, 30 * SECOND_US);
  frame({ book: "A", n: 5 }, 100 * SECOND_US);
  assert.deepEqual(watch.missing().map(({ symbol }) => symbol), ["A"]);
  assert.deepEqual(requested(100, 900), [100, 105, 115, 135, 175, 255, 415, 715]);
  frame({ snap: "A", n: 6 }, 901 * SECOND_US);
  assert.deepEqual(requested(901, 970), []);
  frame({ book: "A", n: 9 }, 971 * SECOND_US);
  assert.deepEqual(requested(971, 990), [971, 976, 986]);
});

Deno.test("a busy book that falls silent is asked for once, a quiet one is left alone", () => {
  const { frame, requested, lines } = watched(["A", "B"]);
  for (let second = 1; second < 100; second++) {
    frame({ snap: "A", n: second }, second * SECOND_US);
    frame({ snap: "B", n: second }, second * SECOND_US);
  }
  for (let second = 100; second < 200; second++) {
    frame({ snap: "B", n: second }, second * SECOND_US);
  }
  assert.deepEqual(requested(100, 160), [159]);
  assert.deepEqual(lines, ["silent orderbook A"]);
});

Deno.test("time passes for a connection on which nothing comes, and not while the process stood still", () => {
  const { watch, translator, lines } = watched(["A"]);
  translator.event({ name: "connect", why: "" }, SECOND_US);
  for (const second of [1, 2, 3]) watch.tick(second * SECOND_US);
  watch.tick(30 * SECOND_US);
  assert.deepEqual(lines, []);
  watch.tick(31 * SECOND_US);
  assert.deepEqual(lines, ["tick"]);
});

Deno.test("a connection is lost since its last sign of life, whatever the process told itself meanwhile", () => {
  const own = ["tick", "silent", "clock", "clock_good", "stop"];
  for (const name of own) {
    const { translator, frame } = watched(["A"]);
    const good = new Continuity();
    const event = (name: string, second: number) => {
      const line = { kind: "event", name, why: "", atUs: second * SECOND_US } as const;
      good.line(1, line);
      return translator.line(line).events;
    };
    event("connect", 1);
    frame({ snap: "A", n: 1 }, 2 * SECOND_US);
    good.line(1, { kind: "frame", text: "", atUs: 2 * SECOND_US });
    event(name, 7);
    assert.deepEqual(good.byConnection(), { 1: 2 * SECOND_US }, name);
    const { origin, lastUs, aliveUs } = translator;
    assert.deepEqual([lastUs, aliveUs], [7 * SECOND_US, 2 * SECOND_US], name);
    const state = { ...origin, lastUs, aliveUs };
    const [gap] = event("disconnect", 12).filter(({ type }) => type === "gap");
    assert.equal(gap?.type === "gap" && gap.fromUs, 2 * SECOND_US, name);
    const restored = new Translator("fake", fakeNormalizer(["A"]), state);
    const [same] = restored.event({ name: "disconnect", why: "" }, 12 * SECOND_US).events;
    assert.equal(same?.type === "gap" && same.fromUs, 2 * SECOND_US, name);
  }
});
