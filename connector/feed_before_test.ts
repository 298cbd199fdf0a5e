import assert from "node:assert/strict";
import { Encoder } from "@ssmd/codec";
import { nameOfRun, type Trade } from "@ssmd/market";
import { nowUs } from "@ssmd/runtime";
import { openTransport } from "@ssmd/transport";
import { natsServerAvailable, startNatsServer } from "../tests/servers/nats_server.ts";
import { readFeedBefore } from "./feed_before.ts";

const HOUR_US = 3_600_000_000;

function trade(n: number, atUs: number, run: number): Trade {
  return {
    ...{ type: "trade", timestampUs: atUs, receivedAtUs: atUs, symbol: "BTCUSD", feed: "kraken" },
    ...{ sequence: n, run, connection: 1, price: 100, size: n, side: "buy", tradeId: String(n) },
  };
}

for (const [which, skewUs] of [["ahead of", HOUR_US], ["behind", -HOUR_US], ["like", 0]] as const) {
  Deno.test(`what was told just before is found by a teller whose clock is ${which} the bus's`, {
    ignore: !natsServerAvailable(),
  }, async () => {
    const server = await startNatsServer();
    const bus = await openTransport({ type: "nats", url: server.url }, { env: "turns" });
    const startUs = nowUs() + skewUs;
    const run = nameOfRun(startUs);
    const publisher = bus.publisher();
    const encoder = new Encoder();
    for (let n = 1; n <= 5; n++) {
      await publisher.publish({
        subject: "turns.kraken.trade.BTCUSD",
        id: `${run}-${n}-0`,
        payload: encoder.encode(trade(n, startUs + n * 1000, startUs)).slice(),
      });
    }
    await publisher.flush();
    const { after, told } = await readFeedBefore(bus, {
      ...{ env: "turns", feed: "kraken", turn: { run, fromUs: 0 } },
    });
    assert.deepEqual([after.atUs, after.sequence], [startUs + 5000, 5]);
    assert.deepEqual(told.trades, [1, 2, 3, 4, 5].map((n) => `BTCUSD ${n}`));
    await bus.close();
    await server.stop();
  });
}
