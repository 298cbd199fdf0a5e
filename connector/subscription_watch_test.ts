import assert from "node:assert/strict";
import { Metrics, silentLogger } from "@ssmd/runtime";
import { Translator } from "@ssmd/exchanges";
import type { Connection } from "./connection.ts";
import { createConnectorMetrics } from "./connector_metrics.ts";
import { SubscriptionWatch } from "./subscription_watch.ts";
import { type FakeFrame, fakeVenue } from "./testing/fake_venue.ts";

const SECOND_US = 1_000_000;

/** A connection whose events come back as lines at once. */
function watched(symbols: readonly string[]) {
  const specs = symbols.map((symbol) => ({ symbol, external: symbol }));
  const normalizer = fakeVenue().normalizers[0]!.create({ feed: "fake", symbols: specs });
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
    tell: (_, name, why, fromUs) => {
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
  const asked = (from: number, to: number) => {
    const seconds: number[] = [];
    for (let second = from; second <= to; second++) {
      nowUs = second * SECOND_US;
      watch.tick(nowUs);
      if (sent.splice(0).length > 0) seconds.push(second);
    }
    return seconds;
  };
  return { watch, translator, frame, asked, lines };
}

Deno.test("a suspect book is asked for again at growing intervals until it is right", () => {
  const { watch, frame, asked } = watched(["A"]);
  frame({ snap: "A", n: 1 }, 30 * SECOND_US);
  frame({ book: "A", n: 5 }, 100 * SECOND_US);
  assert.deepEqual(watch.missing().map(({ symbol }) => symbol), ["A"]);
  assert.deepEqual(asked(100, 900), [100, 105, 115, 135, 175, 255, 415, 715]);
  frame({ snap: "A", n: 6 }, 901 * SECOND_US);
  assert.deepEqual(asked(901, 970), []);
  frame({ book: "A", n: 9 }, 971 * SECOND_US);
  assert.deepEqual(asked(971, 990), [971, 976, 986]);
});

Deno.test("a busy book that falls silent is asked for once, a quiet one is left alone", () => {
  const { frame, asked, lines } = watched(["A", "B"]);
  for (let second = 1; second < 100; second++) {
    frame({ snap: "A", n: second }, second * SECOND_US);
    frame({ snap: "B", n: second }, second * SECOND_US);
  }
  for (let second = 100; second < 200; second++) {
    frame({ snap: "B", n: second }, second * SECOND_US);
  }
  assert.deepEqual(asked(100, 160), [159]);
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
