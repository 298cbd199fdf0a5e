/** Records of made-up markets, reproducible by seed. @module */
import type { Level, MarketEvent } from "@ssmd/market";
import { lostGap } from "@ssmd/market";
import { seededRandom } from "@ssmd/runtime";

/** Options of a walk. */
interface WalkOptions {
  feed?: string;
  symbols?: readonly string[];
  /** Number of records. */
  count: number;
  seed: number;
  /** Mean time between records, µs; default 50 ms. */
  paceUs?: number;
  /** One gap per this many records; default 2000. */
  gapEvery?: number;
  /** Added to all prices, cents; default 0. */
  floorCents?: number;
}

/** 2026-03-01T00:00:00Z, µs. */
const WALK_START_US = Date.UTC(2026, 2, 1) * 1000;

/** One of every three minutes has narrow spreads, so quiet-market signals fire too. */
const PHASE_US = 60e6;
/** One trade in this many is enlarged, so volume signals fire too. */
const LARGE_EVERY = 300;
const LARGE_TIMES = 500;

/** Generates books, trades and a few gaps; prices wander between 10 and 90 cents above a floor. */
export function marketWalk(options: WalkOptions): MarketEvent[] {
  const { feed = "kalshi", symbols = ["KXA", "KXB"], count, seed } = options;
  const { paceUs = 50_000, gapEvery = 2000, floorCents = 0 } = options;
  const random = seededRandom(seed);
  const cents = new Map(symbols.map((symbol) => [symbol, floorCents + 50]));
  let trades = 0;
  const records: MarketEvent[] = [];
  let atUs = WALK_START_US;
  const base = (symbol: string) => ({
    ...{ timestampUs: atUs - 1000, receivedAtUs: atUs, feed, symbol },
    ...{ sequence: records.length + 1, run: 1, connection: 1 },
  });
  for (const symbol of symbols) {
    records.push({ ...base(symbol), ...snapshotAt(floorCents + 50, 2, random) });
  }
  while (records.length < count) {
    atUs += 1 + Math.floor(random() * 2 * paceUs);
    const symbol = symbols[Math.floor(random() * symbols.length)] ?? "";
    const moved = (cents.get(symbol) ?? 0) + Math.round(random() * 4 - 2);
    const at = Math.min(floorCents + 90, Math.max(floorCents + 10, moved));
    cents.set(symbol, at);
    const widest = Math.floor(atUs / PHASE_US) % 3 === 0 ? 2 : 3;
    const dice = random();
    if (dice < 1 / gapEvery) {
      const detail = "of the walk";
      const news = { feed, symbol, reason: "sequence", fromUs: atUs, atUs, missed: 1 } as const;
      records.push({ ...lostGap({ ...news, detail }), ...base(symbol) });
      records.push({ ...base(symbol), ...snapshotAt(at, widest, random) });
    } else if (dice < 0.35) {
      const side = random() < 0.5 + (at - floorCents - 50) / 100 ? "buy" : "sell";
      const times = ++trades % LARGE_EVERY === 0 ? LARGE_TIMES : 1;
      const size = times * (1 + Math.floor(random() * 40));
      records.push({ ...base(symbol), type: "trade", price: at / 100, size, side, tradeId: "" });
    } else records.push({ ...base(symbol), ...snapshotAt(at, widest, random) });
  }
  return records;
}

function snapshotAt(cents: number, widest: number, random: () => number) {
  const half = 1 + Math.floor(random() * widest);
  const side = (sign: number): Level[] =>
    [0, 1, 2].map((i) => ({
      price: (cents + sign * (half + i)) / 100,
      size: 1 + Math.floor(random() * 200),
    }));
  return {
    ...{ type: "orderbook", kind: "snapshot", depth: 0, checksum: "unverified" } as const,
    ...{ bids: side(-1), asks: side(1) },
  };
}
