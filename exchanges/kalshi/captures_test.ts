import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { zstdDecompressSync } from "node:zlib";
import type { Gap, OrderBookUpdate } from "@ssmd/market";
import { feed } from "../_normalizer_fixtures.ts";
import { kalshiNormalizer } from "./test_frames.ts";

const CAPTURES = Deno.env.get("SSMD_CAPTURES") ??
  new URL("../../../shared/captures", import.meta.url).pathname;
const FOLDER = `${CAPTURES}/kalshi`;
const ignore = !existsSync(FOLDER);
const FILES = ignore ? [] : readdirSync(FOLDER).filter((name) => name.endsWith(".jsonl.zst"));

/** Holes in the numbers of recordings with parts missing, as their README says. */
const HOLES: Record<string, number> = {
  "btc15m-fixed-terminal-oos-gauss45lock002.jsonl.zst": 6,
  "btc15m-20260514t045722z.jsonl.zst": 1,
  "btc15m-side-consensus-oos-consensuslock001.jsonl.zst": 5,
};

interface Line {
  atUs: number;
  text: string;
}

function linesOf(name: string): Line[] {
  const text = zstdDecompressSync(readFileSync(`${FOLDER}/${name}`)).toString();
  return text.trim().split("\n").filter((line) => line.includes('"m":')).map((line) => ({
    atUs: Number(line.slice(6, 22)),
    text: line.slice(line.indexOf('"m":') + 4, -1),
  }));
}

/** Hundredths of a contract by price text, rebuilt without any of the product's code. */
class NaiveBooks {
  #books = new Map<string, { yes: Map<string, number>; no: Map<string, number> }>();
  #seq = 0;
  #stale = new Set<string>();

  frame(text: string): void {
    const { type, seq, msg } = JSON.parse(text);
    if (type === "subscribed" && msg.channel === "orderbook_delta") {
      this.#seq = 0;
      this.#books.clear();
      return;
    }
    if (type !== "orderbook_snapshot" && type !== "orderbook_delta") return;
    if (seq !== this.#seq + 1) { for (const ticker of this.#books.keys()) this.#stale.add(ticker); }
    this.#seq = seq;
    const ticker: string = msg.market_ticker;
    if (type === "orderbook_snapshot") {
      const side = (levels: [string, string][] = []) =>
        new Map(levels.map(([price, size]) => [price, Math.round(Number(size) * 100)]));
      this.#books.set(ticker, { yes: side(msg.yes_dollars_fp), no: side(msg.no_dollars_fp) });
      this.#stale.delete(ticker);
      return;
    }
    const side = this.#books.get(ticker)?.[msg.side as "yes" | "no"];
    if (side === undefined) return;
    const price: string = msg.price_dollars;
    const size = (side.get(price) ?? 0) + Math.round(Number(msg.delta_fp) * 100);
    assert.ok(size >= 0 || this.#stale.has(ticker));
    if (size === 0) side.delete(price);
    else side.set(price, size);
  }

  /** `ticker → [bids, asks]` as texts, best first. */
  all(): Record<string, string[][]> {
    const text = (tenThousandths: number, size: number) => `${tenThousandths}:${size}`;
    const entries = [...this.#books].filter(([ticker]) => !this.#stale.has(ticker)).map(
      ([ticker, { yes, no }]) => {
        const of = (side: Map<string, number>) =>
          [...side].map(([price, size]) => [Number(price.replace("0.", "")), size] as const);
        const bids = of(yes).sort((a, b) => b[0] - a[0]).map(([p, s]) => text(p, s));
        const asks = of(no).sort((a, b) => b[0] - a[0]).map(([p, s]) => text(10_000 - p, s));
        return [ticker, [bids, asks]];
      },
    );
    return Object.fromEntries(entries);
  }
}

function textsOf(book: OrderBookUpdate): string[][] {
  return [book.bids, book.asks].map((levels) =>
    levels.map(({ price, size }) => `${Math.round(price * 1e4)}:${Math.round(size * 100)}`)
  );
}

Deno.test({
  name: "recorded sessions are read whole, with exactly their holes, into the naive books",
  ignore,
  fn: async (t) => {
    for (const name of FILES) {
      await t.step(name, () => {
        const normalizer = kalshiNormalizer();
        const naive = new NaiveBooks();
        const holes = new Set<string>();
        const gaps: Gap[] = [];
        for (const [i, { text, atUs }] of linesOf(name).entries()) {
          const { events, notice } = feed(normalizer, text, atUs);
          assert.notEqual(notice?.type, "unreadable", text);
          naive.frame(text);
          for (const event of events) {
            if (event.type === "orderbook") {
              assert.ok([...event.bids, ...event.asks].every((level) => level.size >= 0));
            } else if (event.type === "gap" && !event.recovered) {
              gaps.push(event);
              holes.add(`${i} ${event.detail}`);
            }
          }
        }
        assert.equal(holes.size, HOLES[name] ?? 0);
        assert.equal(gaps.length, HOLES[name] ?? 0);
        const books = normalizer.snapshots() as OrderBookUpdate[];
        assert.deepEqual(
          Object.fromEntries(books.map((book) => [book.symbol, textsOf(book)])),
          naive.all(),
        );
      });
    }
  },
});

/** The frame as it would be if prices of NO were written as prices of YES. */
function mirrored(text: string): string {
  const frame = JSON.parse(text);
  const flip = (price: string) => (1 - Number(price)).toFixed(4);
  if (frame.type === "orderbook_delta" && frame.msg.side === "no") {
    frame.msg.price_dollars = flip(frame.msg.price_dollars);
  }
  const levels: [string, string][] | undefined = frame.msg?.no_dollars_fp;
  if (levels !== undefined) {
    frame.msg.no_dollars_fp = levels.map(([price, size]) => [flip(price), size]).reverse();
  }
  return JSON.stringify(frame);
}

Deno.test({
  name:
    "recorded sessions make no alarm of mirrored asks, and each with tickers does when mirrored",
  ignore,
  fn: () => {
    const alarms = (lines: readonly Line[]) => {
      const normalizer = kalshiNormalizer();
      return lines.flatMap(({ text, atUs }) => feed(normalizer, text, atUs).events)
        .filter((event) => event.type === "gap" && event.reason === "checksum" && !event.recovered);
    };
    let reported = 0;
    for (const name of FILES) {
      const lines = linesOf(name);
      assert.deepEqual(alarms(lines), [], name);
      const flipped = lines.map((line) => ({ ...line, text: mirrored(line.text) }));
      const tickers = lines.filter(({ text }) => text.includes('"type":"ticker"')).length;
      if (tickers >= 100) {
        assert.ok(alarms(flipped).length > 0, `${name} with ${tickers} tickers`);
        reported++;
      }
    }
    assert.ok(reported > 0);
  },
});

Deno.test({
  name: "single recorded frames of trades, lifecycle and errors are read",
  ignore,
  fn: () => {
    const lines = readFileSync(`${FOLDER}/single-frames-2026.ndjson`, "utf8").trim().split("\n");
    const frames = lines.map((line) => JSON.parse(line).raw).filter((raw) => raw !== undefined);
    const normalizer = kalshiNormalizer();
    for (const text of frames) {
      const { events, notice } = feed(normalizer, text);
      assert.notEqual(notice?.type, "unreadable", text);
      const type = JSON.parse(text).type;
      if (type === "trade") assert.notEqual((events.at(-1) as { side?: string }).side, "unknown");
    }
    assert.ok(frames.length >= 6);
  },
});

Deno.test({
  name: "a normalizer restored from its state goes on with the same records",
  ignore,
  fn: () => {
    const name = "btc15m-20260514t045722z.jsonl.zst";
    const lines = linesOf(name);
    // Before, in and after the part whose book is suspect, and in the middle of a session.
    for (const cut of [100, 300, 700, 20_000]) {
      const whole = kalshiNormalizer();
      for (const { text, atUs } of lines.slice(0, cut)) feed(whole, text, atUs);
      const restored = kalshiNormalizer();
      restored.restore(JSON.parse(JSON.stringify(whole.state())));
      assert.deepEqual(restored.state(), whole.state());
      for (const { text, atUs } of lines.slice(cut, cut + 2000)) {
        assert.deepEqual(feed(restored, text, atUs), feed(whole, text, atUs));
      }
      assert.deepEqual(restored.state(), whole.state());
    }
  },
});
