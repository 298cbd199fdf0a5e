import type { Logger } from "@ssmd/runtime";
import type { Fault, ScheduledFault } from "./faults.ts";
import type { KalshiSymbolOptions } from "./kalshi/symbols.ts";
import type { KrakenSymbolOptions } from "./kraken/symbols.ts";

/** Venues that can be simulated. */
export const SIMULATED_VENUES = ["kraken", "kalshi", "polymarket"] as const;

/** Id of a venue that can be simulated. */
export type SimulatedVenueId = typeof SIMULATED_VENUES[number];

/** A market of the model: Kraken takes `priceDecimals`, Kalshi `structure`. */
export type SimulatedSymbol = KrakenSymbolOptions & KalshiSymbolOptions;

/** Markets of a series that follow each other. */
export interface SeriesRollOptions {
  /** `KXBTC15M` */
  series: string;
  /** How long each is open, µs of the model's time. */
  everyUs: number;
}

/** A seeded market model that needs no data: the same seed and start give the same bytes. */
export interface ModelSource {
  /** A model. */
  type: "model";
  /** 0 to 2^53. */
  seed: number;
  /** Markets; none = some well-known (Kraken) or made-up (Kalshi) ones. */
  symbols?: readonly SimulatedSymbol[];
  /** Kalshi: series whose markets follow each other; default none. */
  rolls?: readonly SeriesRollOptions[];
  /** Mean market events a second over all markets; default 100. */
  ratePerSecond?: number;
  /** The model's own time at its start, µs since 1970; default the time of the first subscription. */
  startUs?: number;
  /** Multiple of real time, or as fast as clients read; default 1. */
  speed?: number | "max";
  /** Events until it ends; default endless. */
  events?: number;
}

/** Recorded frames, sent byte by byte as they are, file after file. */
export interface CaptureSource {
  /** Captures. */
  type: "capture";
  /** Paths, in the order of playing. */
  files: readonly string[];
  /** Multiple of the capture's own pace, or as fast as clients read; default 1. */
  speed?: number | "max";
  /** Keep the capture's own replies, `sid` and `seq` (default), or number anew (Kalshi). */
  keepSequence?: boolean;
}

/** How orders of clients are executed and paid for: all of them are of one account. */
export interface TradingOptions {
  /** Of an order that rested, percent; Kalshi's rate times price and its distance to a dollar. */
  makerFee: number;
  /** Of an order that takes, as `makerFee`. */
  takerFee: number;
  /** From an order's coming to its place in the book, ms of real time. */
  latencyMs: number;
  /** Part of each level that an order gets, above 0 to 1; others take the rest at that moment. */
  fillShare: number;
  /** At the start, by asset; absent = 100,000 of each currency that prices are in. */
  balances?: Readonly<Record<string, number>>;
}

/** Options of {@linkcode startSimulator}. */
export interface SimulatorOptions {
  /** Whose protocol is spoken. */
  venue: SimulatedVenueId;
  /** Loopback only. */
  host?: "127.0.0.1";
  /** 0 or absent = a free one. */
  port?: number;
  /** Where the market data comes from. */
  source: ModelSource | CaptureSource;
  /** Kalshi: verifies handshakes; absent = the key of {@linkcode demoKey}. */
  publicKeyPem?: string;
  /** File that notes every frame sent. */
  ledger?: string;
  /** A model takes orders by these rules; default: the venue's fees, at once, as far as the book goes. */
  trading?: Partial<TradingOptions>;
  /** Faults that happen by themselves. */
  faults?: readonly ScheduledFault[];
  /** Default: says nothing. */
  logger?: Logger;
}

/** Counts of a simulator. */
export interface SimulatorStats {
  /** Open connections. */
  connections: number;
  /** Connections so far. */
  accepted: number;
  /** Handshakes refused so far. */
  refused: number;
  /** To all clients so far. */
  framesSent: number;
  /** To all clients so far. */
  bytesSent: number;
  /** Model events or capture frames played so far. */
  played: number;
  /** Faults struck so far. */
  faults: number;
}

/** A running simulator. */
export interface Simulator {
  /** WebSocket address, `ws://127.0.0.1:…`. */
  readonly url: string;
  /** Port on loopback. */
  readonly port: number;
  /** All that was to be played was sent and read. */
  readonly done: Promise<void>;
  /** Counts now. */
  stats(): SimulatorStats;
  /** Strikes all connections, or the next one when there is none. */
  fault(fault: Fault): void;
  /** Cuts all connections and frees the port. */
  close(): Promise<void>;
}
