import assert from "node:assert/strict";
import { Metrics, silentLogger } from "@ssmd/runtime";
import { Translator } from "@ssmd/exchanges";
import type { Connection } from "./connection.ts";
import { createConnectorMetrics } from "./connector_metrics.ts";
import { Tending } from "./tending.ts";
import { type FakeFrame, fakeVenue } from "./testing/fake_venue.ts";

const SECOND_US = 1_000_000;

function tended(symbols: readonly string[]) {
  const specs = symbols.map((symbol) => ({ symbol, external: symbol }));
  const normalizer = fakeVenue().normalizers[0]!.create({ feed: "fake", symbols: specs });
  const translator = new Translator("fake", normalizer);
  const connection = { slot: 1, symbols: specs, normalizer, translator } as unknown as Connection;
  const sent: string[] = [];
  const tending = new Tending({
    connections: [connection],
    send: (_, frame) => sent.push(frame),
    logger: silentLogger,
    metrics: createConnectorMetrics(new Metrics("connector"), "fake"),
  });
  const frame = (json: FakeFrame, atUs: number) => {
    for (const event of translator.frame(json, "", atUs).events) tending.seen(event);
  };
  /** Seconds at which something was asked for, from `from` to `to`. */
  const asked = (from: number, to: number) => {
    const seconds: number[] = [];
    for (let second = from; second <= to; second++) {
      tending.tick(second * SECOND_US);
      if (sent.splice(0).length > 0) seconds.push(second);
    }
    return seconds;
  };
  return { tending, frame, asked };
}

Deno.test("a suspect book is asked for again at growing intervals until it is right", () => {
  const { tending, frame, asked } = tended(["A"]);
  frame({ snap: "A", n: 1 }, 99 * SECOND_US);
  frame({ book: "A", n: 5 }, 100 * SECOND_US);
  assert.equal(tending.suspectBooks, 1);
  assert.deepEqual(asked(100, 900), [105, 115, 135, 175, 255, 415, 715]);
  frame({ snap: "A", n: 6 }, 901 * SECOND_US);
  assert.deepEqual(asked(901, 950), []);
  frame({ book: "A", n: 9 }, 951 * SECOND_US);
  assert.deepEqual(asked(951, 970), [956, 966]);
});

Deno.test("a busy symbol that falls silent is asked for once, the others are left alone", () => {
  const { frame, asked } = tended(["A", "B"]);
  for (let second = 0; second < 100; second++) {
    frame({ trade: "A", id: second }, second * SECOND_US);
    frame({ trade: "B", id: second }, second * SECOND_US);
  }
  for (let second = 100; second < 200; second++) {
    frame({ trade: "B", id: second }, second * SECOND_US);
  }
  assert.deepEqual(asked(100, 198), [159]);
});
