import assert from "node:assert/strict";
// @ts-types="@types/ws"
import { WebSocket } from "ws";
import type { OrderBookUpdate } from "@ssmd/market";
import { polymarket } from "../../polymarket/mod.ts";
import { startSimulator } from "../simulator.ts";

const [YES, NO] = ["7".repeat(77), "10".repeat(38)] as const;
const EVENTS = 800;
const SECOND_US = 1_000_000;

Deno.test("polymarket: what the simulator sends is read without a gap, and its books are the last ones", async () => {
  const simulator = await startSimulator({
    venue: "polymarket",
    source: {
      type: "model",
      ...{ seed: 5, events: EVENTS, speed: "max", ratePerSecond: 300 },
      symbols: [{ external: YES }, { external: NO }],
    },
  });
  const socket = new WebSocket(simulator.url);
  try {
    const version = polymarket.normalizers.at(-1);
    assert.ok(version);
    const symbols = [{ symbol: "YES", external: YES }, { symbol: "NO", external: NO }];
    const normalizer = version.create({ feed: "polymarket", symbols });
    const texts: string[] = [];
    socket.on("message", (data: { toString(): string }) => texts.push(data.toString()));
    await new Promise((resolve) => socket.once("open", resolve));
    for (const frame of ["PING", "no JSON", "[]", ...normalizer.subscribe()]) socket.send(frame);
    normalizer.connected(1);
    await simulator.done;
    assert.equal(texts[0], "PONG");
    assert.match(texts[1] ?? "", /^\[\{"market":"0x[0-9a-f]{64}",.*\]\n$/);
    const last = new Map<string, { bids: unknown; asks: unknown }>();
    const types = new Set<string>();
    const checksums = new Map<string, number>();
    for (const [i, text] of texts.slice(1).entries()) {
      const result = normalizer.normalize(JSON.parse(text), text, 2 + i * SECOND_US);
      assert.ok(result.events.every(({ type }) => type !== "gap"), text);
      assert.deepEqual(result.send, []);
      for (const event of result.events) {
        types.add(event.type);
        if (event.type !== "orderbook") continue;
        checksums.set(event.checksum, (checksums.get(event.checksum) ?? 0) + 1);
      }
      for (const found of [JSON.parse(text)].flat() as Record<string, unknown>[]) {
        assert.equal(typeof found["timestamp"], "string");
        if (found["event_type"] !== "book") continue;
        const side = (name: string) =>
          (found[name] as { price: string; size: string }[])
            .map(({ price, size }) => ({ price: Number(price), size: Number(size) })).reverse();
        last.set(found["asset_id"] as string, { bids: side("bids"), asks: side("asks") });
        const [own] = (normalizer.snapshots() as OrderBookUpdate[])
          .filter(({ symbol }) => symbol === (found["asset_id"] === YES ? "YES" : "NO"));
        assert.deepEqual(
          { bids: own?.bids, asks: own?.asks },
          last.get(found["asset_id"] as string),
        );
      }
    }
    assert.deepEqual([...types].sort(), ["orderbook", "ticker", "trade"]);
    assert.deepEqual(normalizer.missing(), []);
    // Both first books and each change that was due had the hash of its levels.
    assert.ok((checksums.get("verified") ?? 0) > 50, JSON.stringify([...checksums]));
  } finally {
    socket.terminate();
    await simulator.close();
  }
});
