/** Frames to measure on: made here from a seed, and the recorded ones where they are at hand. */
import { existsSync, readFileSync } from "node:fs";
import { zstdDecompressSync } from "node:zlib";
import { OrderBook } from "@ssmd/market";
import { BookChecksum } from "../exchanges/kraken/mod.ts";

/** Frames a set. */
export const FRAMES = 20_000;
const CAPTURES = Deno.env.get("SSMD_CAPTURES") ??
  new URL("../../shared/captures", import.meta.url).pathname;

let seed = 7;
/** 0 ≤ whole number < `below`, the same every run. */
function random(below: number): number {
  seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
  return Math.floor(seed / 2 ** 32 * below);
}

function timeOf(i: number): string {
  return new Date(1_785_542_400_000 + i).toISOString().replace("Z", "250Z");
}

export function krakenTrades(): string[] {
  return Array.from(
    { length: FRAMES },
    (_, i) =>
      `{"channel":"trade","type":"update","data":[{"symbol":"BTC/USD","side":"${
        random(2) ? "buy" : "sell"
      }","price":${63000 + random(900) / 10},"qty":0.${
        String(1 + random(99_999_999)).padStart(8, "0")
      },"ord_type":"limit","trade_id":${1 + i},"timestamp":"${timeOf(i)}"}]}`,
  );
}

export function krakenTickers(): string[] {
  return Array.from(
    { length: FRAMES },
    (_, i) =>
      `{"channel":"ticker","type":"update","data":[{"symbol":"BTC/USD","bid":${
        63000 + random(900) / 10
      },"bid_qty":0.5${
        random(1000)
      },"ask":63090.1,"ask_qty":1.25000000,"last":63090.0,"volume":1234.${
        random(100_000)
      },"vwap":63010.5,"low":62000.1,"high":64000.2,"change":-10.1,"change_pct":-0.02,"timestamp":"${
        timeOf(i)
      }"}]}`,
  );
}

/** A book of ten levels a side whose levels change, leave and come back, with true checksums. */
export function krakenBooks(): string[] {
  const book = new OrderBook();
  const text = (price: number, size: number) =>
    `{"price":${(price / 10).toFixed(1)},"qty":${(size / 1e8).toFixed(8)}}`;
  const side = (name: "bids" | "asks") =>
    book[name].prices.map((price, i) => text(price, book[name].sizes[i] ?? 0)).join(",");
  const size = () => 1 + random(300_000_000);
  for (let i = 0; i < 10; i++) {
    book.bids.set(630_000 - 1 - i * 3, size());
    book.asks.set(630_000 + 1 + i * 3, size());
  }
  const frames = [
    `{"channel":"book","type":"snapshot","data":[{"symbol":"BTC/USD","bids":[${side("bids")}],` +
    `"asks":[${side("asks")}],"checksum":${new BookChecksum().of(book)},"timestamp":"${
      timeOf(0)
    }"}]}`,
  ];
  for (let i = 1; i < FRAMES; i++) {
    const name = random(2) ? "bids" : "asks";
    const levels = book[name];
    const changes: string[] = [];
    const set = (price: number, amount: number) => {
      levels.set(price, amount);
      changes.push(text(price, amount));
    };
    const rank = random(levels.length);
    const price = levels.prices[rank] ?? 0;
    if (random(2)) set(price, size());
    else {
      set(price, 0);
      const sign = name === "bids" ? -1 : 1;
      set(rank === 9 ? price + sign : (levels.prices.at(-1) ?? price) + sign * 3, size());
    }
    levels.truncate(10);
    const [bids, asks] = name === "bids" ? [changes.join(","), ""] : ["", changes.join(",")];
    frames.push(
      `{"channel":"book","type":"update","data":[{"symbol":"BTC/USD","bids":[${bids}],"asks":[${asks}],` +
        `"checksum":${new BookChecksum().of(book)},"timestamp":"${timeOf(i)}"}]}`,
    );
  }
  return frames;
}

export function kalshiDeltas(): string[] {
  const ticker = "KXBENCH-26AUG01-T1";
  const ladder = Array.from(
    { length: 45 },
    (_, i) => `["0.${String(i + 1).padStart(2, "0")}00","5.00"]`,
  );
  const frames = [
    '{"type":"subscribed","id":1,"msg":{"channel":"orderbook_delta","sid":1}}',
    `{"type":"orderbook_snapshot","sid":1,"seq":1,"msg":{"market_ticker":"${ticker}","market_id":"x",` +
    `"yes_dollars_fp":[${ladder}],"no_dollars_fp":[${ladder}]}}`,
  ];
  for (let seq = 2; seq < FRAMES; seq++) {
    // Each pair of deltas adds and takes the same amount, so no level gets negative.
    const level = String(1 + (seq >> 1) % 60).padStart(2, "0");
    frames.push(
      `{"type":"orderbook_delta","sid":1,"seq":${seq},"msg":{"market_ticker":"${ticker}",` +
        `"market_id":"957ed958-0000-0000-0000-000000000000","price_dollars":"0.${level}00",` +
        `"delta_fp":"${seq & 1 ? "-" : ""}100.50","side":"${seq & 2 ? "yes" : "no"}",` +
        `"ts":"${timeOf(seq)}","ts_ms":${1_785_542_400_000 + seq}}}`,
    );
  }
  return frames;
}

export function kalshiTrades(): string[] {
  return Array.from({ length: FRAMES }, (_, i) => {
    const taker = random(2) ? "yes" : "no";
    const price = 1 + random(98);
    const cents = (steps: number) => `0.${String(steps).padStart(2, "0")}00`;
    return `{"type":"trade","sid":2,"seq":${i + 1},"msg":{"trade_id":"957ed958-0000-0000-0000-${
      String(i).padStart(12, "0")
    }","market_ticker":"KXBENCH-26AUG01-T1","yes_price_dollars":"${cents(price)}",` +
      `"no_price_dollars":"${cents(100 - price)}","count_fp":"${1 + random(500)}.50",` +
      `"taker_side":"${taker}","taker_outcome_side":"${taker}",` +
      `"taker_book_side":"${taker === "yes" ? "bid" : "ask"}","is_block_trade":false,` +
      `"ts":${1_785_542_400 + i},"ts_ms":${1_785_542_400_000 + i * 1000}}}`;
  });
}

export function kalshiTickers(): string[] {
  return Array.from(
    { length: FRAMES },
    (_, i) =>
      '{"type":"ticker","sid":3,"msg":{"market_ticker":"KXBENCH-26AUG01-T1",' +
      `"market_id":"957ed958-0000-0000-0000-000000000000","price_dollars":"0.4${random(10)}00",` +
      `"yes_bid_dollars":"0.4300","yes_ask_dollars":"0.4500","volume_fp":"${1000 + i}.00",` +
      `"open_interest_fp":"${random(9000)}.00","dollar_volume":${i},"dollar_open_interest":25,` +
      `"yes_bid_size_fp":"${
        random(900)
      }.50","yes_ask_size_fp":"2.50","last_trade_size_fp":"1.00",` +
      `"ts":${1_785_542_400 + i},"ts_ms":${1_785_542_400_000 + i * 1000},"time":"${timeOf(i)}"}}`,
  );
}

/** The frames of a recording; none where it is not at hand. */
export function captured(path: string): string[] {
  return capturedLines(path).filter((line) => line.includes('"m":'))
    .map((line) => line.slice(line.indexOf('"m":') + 4, -1));
}

/** The lines of a recording; none where it is not at hand. */
export function capturedLines(path: string): string[] {
  const file = `${CAPTURES}/${path}`;
  if (!existsSync(file)) return [];
  return zstdDecompressSync(readFileSync(file)).toString().trim().split("\n");
}
