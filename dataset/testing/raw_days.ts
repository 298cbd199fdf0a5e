import { buildRawFile } from "@ssmd/archive/testing/raw_file";
import {
  type CaptureInfo,
  changedManifest,
  dayOfUs,
  type ManifestFile,
  manifestTimes,
  openManifest,
  parseRawLine,
  rawKey,
  saveManifest,
} from "@ssmd/archive";
import { OrderBook } from "@ssmd/market";
import type { Storage } from "@ssmd/storage";
import { BookChecksum } from "../../exchanges/kraken/mod.ts";

const UTF8 = new TextEncoder();
const MINUTE_US = 60_000_000;

/** Environment and feed of the test raw files. */
export const RAW_FEED_ID = { env: "test", feed: "kraken" } as const;

/** Writes raw files of one connection, at times chosen by the test. */
export class RawWriter {
  readonly #storage: Storage;
  readonly #info: CaptureInfo;
  #lines = 0;

  /** `symbols` maps our names to the venue's. */
  constructor(
    storage: Storage,
    run: string,
    connectionIndex: number,
    symbols: Record<string, string>,
  ) {
    this.#storage = storage;
    this.#info = {
      ...{ run, connection: `${run}-${connectionIndex}`, ...RAW_FEED_ID, venue: "kraken" },
      endpoint: "ws://127.0.0.1:1/v2",
      symbols: Object.entries(symbols).map(([symbol, external]) => ({ symbol, external })),
      ...{ location: "", host: "here" },
      clock: { source: "system", status: "unknown", offsetUs: null },
      software: { version: "0.1.0", commit: "abc1234" },
      linesBefore: 0,
    };
  }

  /** Skips captured lines, as if lost. */
  skip(lines: number): void {
    this.#lines += lines;
  }

  /** Writes lines (each with its line break) as one file and adds it to the day's manifest. */
  async file(lines: readonly string[]): Promise<string> {
    const first = parseRawLine((lines[0] as string).slice(0, -1));
    if (first.kind === "capture") throw new RangeError("A capture line among the lines");
    const atUs = Math.floor(first.atUs / MINUTE_US) * MINUTE_US;
    const { env, feed, connection, run } = this.#info;
    const built = buildRawFile({ ...this.#info, linesBefore: this.#lines }, [
      UTF8.encode(lines.join("")),
    ]);
    const key = rawKey({ env, feed, connection, atUs });
    await this.#storage.put(key, built.bytes);
    const file: ManifestFile = {
      ...{ key, connection, run, count: lines.length, ...built.counts },
      ...{ bytes: built.bytes.length, sha256: built.sha256 },
      ...manifestTimes(built.firstUs, built.lastUs),
      sequence: { first: this.#lines + 1, last: this.#lines + lines.length },
    };
    this.#lines += lines.length;
    const manifest = await openManifest(this.#storage, {
      kind: "raw",
      env,
      feed,
      day: dayOfUs(atUs),
    });
    const change = { files: [file], writtenBy: "0.1.0+abc1234", nowUs: atUs };
    await saveManifest(this.#storage, changedManifest(manifest, change));
    return key;
  }
}

/** A Kraken trade frame. */
export function tradeText(external: string, id: number): string {
  return `{"channel":"trade","type":"update","data":[{"symbol":"${external}","side":"sell",` +
    `"price":66000.${id % 10},"qty":0.0${1 + id % 9},"ord_type":"market","trade_id":${id},` +
    `"timestamp":"2026-08-01T02:53:50.646219Z"}]}`;
}

/** A Kraken BTC/USD snapshot and its updates, with valid checksums. */
export function bookTexts(count: number): string[] {
  const book = new OrderBook();
  for (let i = 0; i < 10; i++) {
    book.bids.set(630_000 - 1 - i, 100_000_000 + i);
    book.asks.set(630_000 + 1 + i, 200_000_000 + i);
  }
  const level = (price: number, size: number) =>
    `{"price":${(price / 10).toFixed(1)},"qty":${(size / 1e8).toFixed(8)}}`;
  const side = (name: "bids" | "asks") =>
    book[name].prices.map((price, i) => level(price, book[name].sizes[i] ?? 0)).join(",");
  const frame = (type: string, bids: string, asks: string) =>
    `{"channel":"book","type":"${type}","data":[{"symbol":"BTC/USD","bids":[${bids}],` +
    `"asks":[${asks}],"checksum":${
      new BookChecksum().of(book)
    },"timestamp":"2026-08-01T00:00:01.000250Z"}]}`;
  const frames = [frame("snapshot", side("bids"), side("asks"))];
  for (let i = 1; i < count; i++) {
    const price = 630_000 - 1 - i % 10;
    book.bids.set(price, 100_000_000 + i * 1000);
    frames.push(frame("update", level(price, 100_000_000 + i * 1000), ""));
  }
  return frames;
}
