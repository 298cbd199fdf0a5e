/** Records of made-up markets, the same for the same seed. @module */
import type { Level, MarketEvent } from "@ssmd/market";
import { lostGap } from "@ssmd/market";
import { seededRandom } from "@ssmd/runtime";

/** What is walked. */
interface WalkOptions {
  feed?: string;
  symbols?: readonly string[];
  /** Number of records. */
  count: number;
  seed: number;
  /** Mean time between records, µs; default 50 ms. */
  paceUs?: number;
  /** One record in so many is a gap; default 2000. */
  gapEvery?: number;
}

/** 2026-03-01T00:00:00Z, µs. */
const WALK_START_US = Date.UTC(2026, 2, 1) * 1000;

/** Books, deltas, trades and a few gaps of prediction markets that wander between 10 and 90 cents. */
export function marketWalk(options: WalkOptions): MarketEvent[] {
  const { feed = "kalshi", symbols = ["KXA", "KXB"], count, seed } = options;
  const { paceUs = 50_000, gapEvery = 2000 } = options;
  const random = seededRandom(seed);
  const cents = new Map(symbols.map((symbol) => [symbol, 50]));
  const records: MarketEvent[] = [];
  let atUs = WALK_START_US;
  const base = (symbol: string) => ({
    ...{ timestampUs: atUs - 1000, receivedAtUs: atUs, feed, symbol },
    ...{ sequence: records.length + 1, run: 1, connection: 1 },
  });
  for (const symbol of symbols) records.push({ ...base(symbol), ...snapshotAt(50, random) });
  while (records.length < count) {
    atUs += 1 + Math.floor(random() * 2 * paceUs);
    const symbol = symbols[Math.floor(random() * symbols.length)] ?? "";
    const at = Math.min(90, Math.max(10, (cents.get(symbol) ?? 50) + Math.round(random() * 4 - 2)));
    cents.set(symbol, at);
    const dice = random();
    if (dice < 1 / gapEvery) {
      const detail = "of the walk";
      const news = { feed, symbol, reason: "sequence", fromUs: atUs, atUs, missed: 1 } as const;
      records.push({ ...lostGap({ ...news, detail }), ...base(symbol) });
      records.push({ ...base(symbol), ...snapshotAt(at, random) });
    } else if (dice < 0.35) {
      const side = random() < 0.5 + (at - 50) / 100 ? "buy" : "sell";
      const size = 1 + Math.floor(random() * 40);
      records.push({ ...base(symbol), type: "trade", price: at / 100, size, side, tradeId: "" });
    } else records.push({ ...base(symbol), ...snapshotAt(at, random) });
  }
  return records;
}

function snapshotAt(cents: number, random: () => number) {
  const half = 1 + Math.floor(random() * 3);
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
