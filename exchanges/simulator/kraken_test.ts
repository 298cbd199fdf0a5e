import assert from "node:assert/strict";
import { crc32 } from "node:zlib";
import { startSimulator } from "./mod.ts";
import { TestClient } from "./testing.ts";

interface Level {
  price: string;
  qty: string;
}

/** Reads levels with their number texts as they were sent. */
function levelsOf(frame: string, side: "bids" | "asks"): Level[] {
  const list = new RegExp(`"${side}":\\[(.*?)\\]`).exec(frame)?.[1] ?? "";
  return [...list.matchAll(/\{"price":([\d.]+),"qty":([\d.]+)\}/g)]
    .map(([, price, qty]) => ({ price: price as string, qty: qty as string }));
}

/** A simple client's book: maps of texts, sorted when needed, truncated as the venue says. */
class NaiveBook {
  bids = new Map<string, string>();
  asks = new Map<string, string>();
  constructor(readonly depth: number, readonly eachLevel: boolean) {}

  apply(frame: string): void {
    if (frame.includes(`"type":"snapshot"`)) {
      this.bids.clear();
      this.asks.clear();
    }
    for (const side of ["bids", "asks"] as const) {
      for (const { price, qty } of levelsOf(frame, side)) {
        if (Number(qty) === 0) this[side].delete(price);
        else this[side].set(price, qty);
        if (this.eachLevel) this.#truncate(side);
      }
      this.#truncate(side);
    }
  }

  sorted(side: "bids" | "asks"): [string, string][] {
    const sign = side === "bids" ? -1 : 1;
    return [...this[side]].sort((a, b) => sign * (Number(a[0]) - Number(b[0])));
  }

  #truncate(side: "bids" | "asks"): void {
    if (this[side].size > this.depth) this[side] = new Map(this.sorted(side).slice(0, this.depth));
  }

  checksum(): number {
    const strip = (text: string) => text.replace(".", "").replace(/^0+/, "");
    const text = (["asks", "bids"] as const).flatMap((side) =>
      this.sorted(side).slice(0, 10).map(([price, qty]) => strip(price) + strip(qty))
    ).join("");
    return crc32(text);
  }
}

function subscribeBook(depth: number, symbol = ["BTC/USD"]) {
  return { method: "subscribe", params: { channel: "book", symbol, depth }, req_id: depth };
}

for (const depth of [10, 25]) {
  for (const eachLevel of [false, true]) {
    const how = eachLevel ? "after each level" : "after each message";
    Deno.test(`kraken: a client of depth ${depth} that truncates ${how} agrees with every checksum`, async () => {
      const simulator = await startSimulator({
        venue: "kraken",
        source: { type: "model", seed: 7, speed: "max", events: 6000, ratePerSecond: 500 },
      });
      const client = await TestClient.open(simulator.url);
      client.send(subscribeBook(depth, ["BTC/USD", "DOGE/USD"]));
      await simulator.done;
      const books = new Map([["BTC/USD", new NaiveBook(depth, eachLevel)], [
        "DOGE/USD",
        new NaiveBook(depth, eachLevel),
      ]]);
      let checked = 0;
      for (const frame of client.frames) {
        if (!frame.startsWith(`{"channel":"book"`)) continue;
        const { symbol, checksum } = JSON.parse(frame).data[0];
        const book = books.get(symbol) as NaiveBook;
        book.apply(frame);
        assert.equal(book.checksum(), checksum, frame);
        assert.equal(book.bids.size, depth);
        checked++;
      }
      assert.ok(checked > 600, `${checked} checked`);
      await client.close();
      await simulator.close();
    });
  }
}
