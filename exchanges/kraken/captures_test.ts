import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { zstdDecompressSync } from "node:zlib";
import type { OrderBookUpdate } from "@ssmd/market";
import type { PairState } from "./instrument.ts";
import { feed } from "../_normalizer_fixtures.ts";
import { instrumentFrame, krakenNormalizer, textChecksum, type TextLevel } from "./test_frames.ts";

const CAPTURES = Deno.env.get("SSMD_CAPTURES") ??
  new URL("../../../shared/captures", import.meta.url).pathname;
const FOLDER = `${CAPTURES}/kraken`;
const ignore = !existsSync(FOLDER);
const FILES = ignore ? [] : readdirSync(FOLDER).filter((name) => name.endsWith(".jsonl.zst"));

interface Line {
  atUs: number;
  text: string;
}

function linesOf(name: string): Line[] {
  const text = zstdDecompressSync(readFileSync(`${FOLDER}/${name}`)).toString();
  return text.trim().split("\n").filter((line) => line.includes('"m":')).map((line) => ({
    atUs: Math.floor(Number(JSON.parse(line).t) / 1000),
    text: line.slice(line.indexOf('"m":') + 4, -1),
  }));
}

/** A book of the texts as they came, rebuilt the slow way. */
class TextBook {
  bids = new Map<string, string>();
  asks = new Map<string, string>();

  apply(text: string, depth: number): number {
    const { type, data: [element] } = JSON.parse(
      text,
      ((key: string, value: unknown, context: { source: string }) =>
        key === "price" || key === "qty" ? context.source : value) as (
          this: unknown,
          key: string,
          value: unknown,
        ) => unknown,
    );
    for (const side of ["bids", "asks"] as const) {
      if (type === "snapshot") this[side].clear();
      for (const { price, qty } of element[side]) {
        if (Number(qty) === 0) this[side].delete(price);
        else this[side].set(price, qty);
      }
      const kept = this.levels(side).slice(0, depth);
      this[side] = new Map(kept);
    }
    return element.checksum;
  }

  levels(side: "bids" | "asks"): TextLevel[] {
    const sign = side === "bids" ? -1 : 1;
    return [...this[side]].sort((a, b) => sign * (Number(a[0]) - Number(b[0])));
  }
}

Deno.test({
  name: "every checksum of the recorded books verifies and the books equal naive ones",
  ignore,
  fn: async (t) => {
    for (const name of FILES) {
      await t.step(name, () => {
        const normalizer = krakenNormalizer();
        const naive = new TextBook();
        let books = 0;
        let depth = 0;
        for (const { text, atUs } of linesOf(name)) {
          depth = Number(/"depth":(\d+)/.exec(text)?.[1] ?? depth);
          const result = feed(normalizer, text, atUs);
          assert.notEqual(result.notice?.type, "unreadable", text);
          assert.deepEqual(result.send, []);
          assert.ok(result.events.every((event) => event.type !== "gap"), text);
          if (!text.startsWith('{"channel":"book"')) continue;
          books++;
          const expected = naive.apply(text, depth);
          assert.equal(textChecksum(naive.levels("bids"), naive.levels("asks")), expected);
          assert.equal((result.events[0] as OrderBookUpdate).checksum, "verified");
        }
        assert.ok(books > 250);
        const [book] = normalizer.snapshots() as OrderBookUpdate[];
        for (const side of ["bids", "asks"] as const) {
          const levels = book![side].map(({ price, size }) => [price, size]);
          assert.deepEqual(levels, naive.levels(side).map(([price, qty]) => [+price, +qty]));
        }
      });
    }
  },
});

Deno.test({
  name: "a recording that lost its zeros verifies once the pair's precision is known",
  ignore,
  fn: () => {
    const text = readFileSync(`${FOLDER}/btcusd-depth10-zeros-lost-20230730.json`, "utf8");
    const { init, updates } = JSON.parse(text);
    const normalizer = krakenNormalizer([{ symbol: "BTCUSD", external: "BTC/USD" }]);
    feed(normalizer, instrumentFrame("online", 1, 8));
    const events = [init, ...updates].flatMap((frame) => {
      const result = feed(normalizer, JSON.stringify(frame), 1);
      assert.equal(result.notice, undefined);
      return result.events;
    });
    assert.equal(events.length, 510);
    assert.ok(events.every((event) => event.type === "orderbook" && event.checksum === "verified"));
  },
});

Deno.test({
  name: "a normalizer restored from its state goes on with the same records",
  ignore,
  fn: async (t) => {
    for (const name of FILES) {
      await t.step(name, () => {
        const lines = linesOf(name);
        const whole = krakenNormalizer();
        const half = krakenNormalizer();
        const middle = lines.length >> 1;
        for (const { text, atUs } of lines.slice(0, middle)) {
          feed(whole, text, atUs);
          feed(half, text, atUs);
        }
        const restored = krakenNormalizer();
        restored.restore(JSON.parse(JSON.stringify(half.state())));
        assert.deepEqual(restored.state(), half.state());
        for (const { text, atUs } of lines.slice(middle)) {
          assert.deepEqual(feed(restored, text, atUs), feed(whole, text, atUs));
        }
        assert.deepEqual(restored.state(), whole.state());
      });
    }
  },
});

Deno.test({
  name: "every pair of a recorded instrument snapshot is read",
  ignore: !existsSync(`${CAPTURES}/rest/kraken-ws-instrument-snapshot-2024-04.json`),
  fn: () => {
    const text = readFileSync(
      `${CAPTURES}/rest/kraken-ws-instrument-snapshot-2024-04.json`,
      "utf8",
    );
    const normalizer = krakenNormalizer();
    const { events, notice } = feed(normalizer, text);
    assert.deepEqual([events, notice?.type], [[], "ignored"]);
    const pairs: { symbol: string }[] = JSON.parse(text).data.pairs;
    assert.ok(pairs.length > 100);
    assert.deepEqual(
      (normalizer.state() as { pairs: PairState[] }).pairs.map(({ external }) => external),
      pairs.map((pair) => pair.symbol),
    );
  },
});
