import { z } from "zod";
import { keyHeader } from "../client/running_gateway.ts";
import { agoText } from "../format.ts";
import type { Row } from "../render.ts";
import type { Source } from "./source.ts";
import type { Content, View } from "./view.ts";

const LIST_MS = 5_000;
/** Markets per page, the most that the gateway gives. */
const MARKETS_LIMIT = 5_000;
/** Conflation interval of a market, ms. */
const INTERVAL_MS = 100;

const MARKETS = z.object({
  next: z.string().optional(),
  markets: z.array(z.object({
    symbol: z.string(),
    feed: z.string(),
    state: z.string(),
    last_price: z.number().nullable(),
    bid_price: z.number().nullable(),
    ask_price: z.number().nullable(),
    volume_24h: z.number().nullable(),
    updated: z.number().nullable(),
    book: z.string().nullable(),
    gap: z.object({ reason: z.string() }).nullable(),
  })),
});

const NUMBER = z.number().nullable().optional();
const RECORD = z.object({
  type: z.enum(["trade", "ticker"]),
  symbol: z.string(),
  feed: z.string(),
  price: NUMBER,
  last_price: NUMBER,
  bid_price: NUMBER,
  ask_price: NUMBER,
  volume_24h: NUMBER,
  recv_ts: z.number(),
});

/** Reads all markets, page by page. */
async function readMarkets(source: Source): Promise<z.output<typeof MARKETS>["markets"]> {
  const all: z.output<typeof MARKETS>["markets"] = [];
  let cursor = "";
  for (;;) {
    const answer = await source.ask("GET", `/v1/markets?limit=${MARKETS_LIMIT}${cursor}`);
    const { markets, next } = MARKETS.parse(answer);
    all.push(...markets);
    if (next === undefined) return all;
    cursor = `&cursor=${encodeURIComponent(next)}`;
  }
}

/** Market row and time of its last change, ms since 1970. */
interface Market {
  row: Row;
  updatedMs: number | null;
}

/** View of all markets; those on the screen are updated ten times a second. */
export class MarketsView implements View {
  readonly name = "markets";
  readonly everyMs = LIST_MS;
  readonly empty = "No market is known.";
  readonly id = ["feed", "symbol"];
  readonly actions = [];
  #markets = new Map<string, Market>();
  #socket: WebSocket | undefined;
  /** Symbols currently subscribed. */
  #watched: readonly string[] = [];
  #shown: readonly string[] = [];
  #onNews: () => void;

  /** `onNews` is called for each market message. */
  constructor(onNews: () => void) {
    this.#onNews = onNews;
  }

  async read(source: Source): Promise<Content> {
    const markets = await readMarkets(source);
    this.#markets = new Map(markets.map(({ symbol, feed, gap, updated, ...market }) => [
      `${feed} ${symbol}`,
      {
        updatedMs: updated,
        row: {
          symbol,
          bid: market.bid_price,
          ask: market.ask_price,
          last: market.last_price,
          age: undefined,
          state: gap === null ? market.state : `gap: ${gap.reason}`,
          feed,
          book: market.book,
          "volume 24h": market.volume_24h,
        },
      },
    ]));
    this.#connect(source.url);
    const rows = [...this.#markets.values()].map(({ row }) => row);
    return { rows };
  }

  /** Subscribes to the symbols on the screen and unsubscribes from the others. */
  onShown(rows: readonly Row[]): void {
    for (const row of rows) {
      row["age"] = agoText(this.#markets.get(keyOf(row))?.updatedMs ?? null);
    }
    this.#shown = [...new Set(rows.map(({ symbol }) => String(symbol)))];
    this.#subscribe();
  }

  onHidden(): void {
    this.#socket?.close();
    this.#socket = undefined;
  }

  #connect(base: string): void {
    if (this.#socket !== undefined) return;
    const socket = new WebSocket(`${base.replace(/^http/, "ws")}/v1/stream`, {
      headers: keyHeader(),
    });
    this.#socket = socket;
    this.#watched = [];
    socket.onopen = () => this.#subscribe();
    socket.onmessage = ({ data }) => this.#take(data);
    // The next read of the list reconnects.
    socket.onclose = socket.onerror = () => {
      if (this.#socket === socket) this.#socket = undefined;
    };
  }

  #subscribe(): void {
    const socket = this.#socket;
    if (socket?.readyState !== WebSocket.OPEN) return;
    const gone = this.#watched.filter((symbol) => !this.#shown.includes(symbol));
    const come = this.#shown.filter((symbol) => !this.#watched.includes(symbol));
    if (gone.length > 0) socket.send(JSON.stringify({ action: "unsubscribe", symbols: gone }));
    if (come.length > 0) {
      socket.send(JSON.stringify({
        ...{ action: "subscribe", symbols: come, types: ["trade", "ticker"] },
        ...{ mode: "conflated", interval_ms: INTERVAL_MS },
      }));
    }
    this.#watched = this.#shown;
  }

  #take(data: unknown): void {
    const record = RECORD.safeParse(JSON.parse(String(data))).data;
    const market = record && this.#markets.get(keyOf(record));
    if (record === undefined || market === undefined) return;
    const { row } = market;
    row["last"] = record.price ?? record.last_price ?? row["last"];
    row["bid"] = record.bid_price ?? row["bid"];
    row["ask"] = record.ask_price ?? row["ask"];
    row["volume 24h"] = record.volume_24h ?? row["volume 24h"];
    market.updatedMs = record.recv_ts;
    this.#onNews();
  }
}

function keyOf({ feed, symbol }: Row | { feed: string; symbol: string }): string {
  return `${feed} ${symbol}`;
}
