import assert from "node:assert/strict";
// @ts-types="@types/ws"
import { WebSocket } from "ws";
import type { OrderBookUpdate } from "@ssmd/market";
import { polymarket } from "../../polymarket/mod.ts";
import { startSimulator } from "../simulator.ts";

const [YES, NO, LOW] = ["7".repeat(77), "10".repeat(38), "55".repeat(38)] as const;
const SYMBOLS = [
  { symbol: "YES", external: YES },
  { symbol: "NO", external: NO },
  { symbol: "LOW", external: LOW },
];
const EVENTS = 800;
const SECOND_US = 1_000_000;

function isOfCents({ bids, asks }: OrderBookUpdate): boolean {
  return [...bids, ...asks].every(({ price }) => Math.round(price * 1000) % 10 === 0);
}

Deno.test("polymarket: what the simulator sends is read without a gap, and its books are the last ones", async () => {
  const simulator = await startSimulator({
    venue: "polymarket",
    source: {
      type: "model",
      ...{ seed: 5, events: EVENTS, speed: "max", ratePerSecond: 300 },
      symbols: [{ external: YES }, { external: NO }, { external: LOW, price: 0.045 }],
    },
  });
  const socket = new WebSocket(simulator.url);
  try {
    const version = polymarket.normalizers.at(-1);
    assert.ok(version);
    const normalizer = version.create({ feed: "polymarket", symbols: SYMBOLS });
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
    /** Of the token whose prices become finer: its records from then on. */
    let finer: OrderBookUpdate[] | undefined;
    for (const [i, text] of texts.slice(1).entries()) {
      const result = normalizer.normalize(JSON.parse(text), text, 2 + i * SECOND_US);
      assert.ok(result.events.every(({ type }) => type !== "gap"), text);
      assert.deepEqual(result.send, []);
      for (const event of result.events) {
        types.add(event.type);
        if (event.type === "status") {
          assert.deepEqual([event.symbol, event.priceLevelStructure], ["LOW", "0.001"]);
          assert.equal(finer, undefined, "a tick changes once");
          finer = [];
        }
        if (event.type !== "orderbook") continue;
        if (event.symbol === "LOW") {
          if (finer === undefined) assert.ok(isOfCents(event), text);
          finer?.push(event);
        }
        checksums.set(event.checksum, (checksums.get(event.checksum) ?? 0) + 1);
      }
      for (const found of [JSON.parse(text)].flat() as Record<string, unknown>[]) {
        assert.equal(typeof found["timestamp"], "string");
        if (found["event_type"] !== "book") continue;
        const side = (name: string) =>
          (found[name] as { price: string; size: string }[])
            .map(({ price, size }) => ({ price: Number(price), size: Number(size) })).reverse();
        last.set(found["asset_id"] as string, { bids: side("bids"), asks: side("asks") });
        const ours = SYMBOLS.find(({ external }) => external === found["asset_id"])?.symbol;
        const own = (normalizer.snapshots() as OrderBookUpdate[])
          .find(({ symbol }) => symbol === ours);
        assert.deepEqual(
          { bids: own?.bids, asks: own?.asks },
          last.get(found["asset_id"] as string),
        );
      }
    }
    assert.deepEqual([...types].sort(), ["orderbook", "status", "ticker", "trade"]);
    assert.ok(finer?.some((event) => !isOfCents(event)), "the book goes on in cents");
    assert.ok((finer ?? []).filter(({ checksum }) => checksum === "verified").length > 10);
    assert.deepEqual(normalizer.missing(), []);
    // All first books and each change that was due had the hash of its levels.
    assert.ok((checksums.get("verified") ?? 0) > 50, JSON.stringify([...checksums]));
  } finally {
    socket.terminate();
    await simulator.close();
  }
});
