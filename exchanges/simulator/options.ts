import type { Logger } from "@ssmd/runtime";
import type { Fault, ScheduledFault } from "./faults.ts";
import type { KalshiSymbolOptions } from "./kalshi/symbols.ts";
import type { KrakenSymbolOptions } from "./kraken/symbols.ts";

/** Venues that can be simulated. */
export const SIMULATED_VENUES = ["kraken", "kalshi", "polymarket"] as const;

/** Id of a venue that can be simulated. */
export type SimulatedVenueId = typeof SIMULATED_VENUES[number];

/** A market of the model: Kraken uses `priceDecimals`, Kalshi `structure`. */
export type SimulatedSymbol = KrakenSymbolOptions & KalshiSymbolOptions;

/** A rolling series of markets. */
export interface SeriesRollOptions {
  /** Series ticker, `KXBTC15M`. */
  series: string;
  /** Open time of each market, µs of model time. */
  everyUs: number;
}

/** A seeded market model: the same seed and start give the same bytes. */
export interface ModelSource {
  /** Discriminator. */
  type: "model";
  /** 0 to 2^53. */
  seed: number;
  /** Markets; empty = well-known (Kraken) or made-up (Kalshi) ones. */
  symbols?: readonly SimulatedSymbol[];
  /** Kalshi: rolling series; default none. */
  rolls?: readonly SeriesRollOptions[];
  /** Mean market events per second over all markets; default 100. */
  ratePerSecond?: number;
  /** Model time at the start, µs since 1970; default the time of the first subscription. */
  startUs?: number;
  /** Multiple of real time, or as fast as clients read; default 1. */
  speed?: number | "max";
  /** Events until it ends; default endless. */
  events?: number;
}

/** Recorded frames, sent byte for byte, file after file. */
export interface CaptureSource {
  /** Discriminator. */
  type: "capture";
  /** Paths, in playing order. */
  files: readonly string[];
  /** Multiple of the recorded pace, or as fast as clients read; default 1. */
  speed?: number | "max";
  /** Keep recorded replies, `sid` and `seq` (default), or renumber (Kalshi). */
  keepSequence?: boolean;
}

/** Execution and fees of clients' orders; all share one account. */
export interface TradingOptions {
  /** Fee of resting orders, percent; Kalshi: of price times its distance to a dollar. */
  makerFee: number;
  /** Fee of taking orders, as `makerFee`. */
  takerFee: number;
  /** Latency from an order's arrival to its execution, ms of real time. */
  latencyMs: number;
  /** Share of each level that an order gets, above 0 to 1; others take the rest. */
  fillShare: number;
  /** Initial balances by asset; absent = 100,000 of each quote currency. */
  balances?: Readonly<Record<string, number>>;
}

/** Options of {@linkcode startSimulator}. */
export interface SimulatorOptions {
  /** Simulated venue. */
  venue: SimulatedVenueId;
  /** 0 or absent = a free port. */
  port?: number;
  /** Source of the market data. */
  source: ModelSource | CaptureSource;
  /** Kalshi: verifies handshakes; absent = the key of {@linkcode demoKey}. */
  publicKeyPem?: string;
  /** File that logs every sent frame. */
  ledger?: string;
  /** Trading rules of a model; default: the venue's fees, no latency, full fills. */
  trading?: Partial<TradingOptions>;
  /** Scheduled faults. */
  faults?: readonly ScheduledFault[];
  /** Default: silent. */
  logger?: Logger;
}

/** Counters of a simulator. */
export interface SimulatorStats {
  /** Open connections. */
  connections: number;
  /** Connections accepted so far. */
  accepted: number;
  /** Handshakes refused so far. */
  refused: number;
  /** Frames sent to all clients so far. */
  framesSent: number;
  /** Bytes sent to all clients so far. */
  bytesSent: number;
  /** Model events or capture frames played so far. */
  played: number;
  /** Faults injected so far. */
  faults: number;
}

/** A running simulator. */
export interface Simulator {
  /** WebSocket address, `ws://127.0.0.1:…`. */
  readonly url: string;
  /** Port on loopback. */
  readonly port: number;
  /** Resolves when everything was played and read. */
  readonly done: Promise<void>;
  /** Current counters. */
  stats(): SimulatorStats;
  /** Injects a fault into all connections, or the next one if there is none. */
  fault(fault: Fault): void;
  /** Closes all connections and frees the port. */
  close(): Promise<void>;
}
