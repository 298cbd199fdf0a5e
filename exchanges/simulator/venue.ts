import type { CaptureSummary, SummaryDraft } from "./capture_summary.ts";
import type { Connection, Session } from "./connection.ts";
import type { Fault, GarbageSamples } from "./faults.ts";
import type { ModelExchange } from "./model/exchange.ts";
import type { MarketSpec } from "./model/market.ts";
import type { SeriesRollOptions, SimulatedSymbol, TradingOptions } from "./options.ts";
import type { SimulatorRequest } from "./server.ts";

/** Answer to a refused handshake. */
interface HandshakeRefusal {
  status: number;
  body: string;
  /** Reason, for the log. */
  why: string;
}

/** Answer of a venue's REST. */
export interface RestAnswer {
  status: number;
  body: string;
}

/** Answer of a venue's REST, at once or later; undefined = no such path. */
export type RestReply = RestAnswer | Promise<RestAnswer> | undefined;

/** Checks a request to the WebSocket's or a REST path; undefined = accepted. */
export type HandshakeCheck = (
  headers: Readonly<Record<string, unknown>>,
  path: string,
  method?: string,
) => Promise<HandshakeRefusal | undefined>;

/** Options of a venue's model feed. */
export interface ModelOptions {
  exchange: ModelExchange;
  seed: number;
  /** Rolling series. */
  rolls: readonly SeriesRollOptions[];
  trading: Partial<TradingOptions>;
  /** Model time, µs since 1970. */
  nowUs(): number;
  /** Call at the first subscription of market data. */
  begin(): void;
  /** Flushes frames sent outside of a request or event to the sockets. */
  flush(): void;
}

/** Options of a venue's capture feed. */
export interface CapturePlayback {
  summaries: readonly CaptureSummary[];
  /** Keep recorded replies and sequences. */
  keepSequence: boolean;
  /** Whether a frame was played already. */
  begun(): boolean;
  /** Starts the timeline; `main` = the subscription includes order books. */
  begin(main: boolean): void;
  /** Runs a job between two frames. */
  between(job: () => Promise<void>): void;
  /** Re-reads all frames played so far; yields undefined for a disconnect. */
  again(): AsyncGenerator<string | undefined>;
  connections(): Iterable<Connection>;
}

/** Market data from the model: opens client sessions, runs one event at a time. */
export interface ModelFeed {
  session(connection: Connection): Session;
  /** Runs the exchange's next event; times are µs since the model's start and since 1970. */
  emit(elapsedUs: number, atUs: number): void;
  /** Answers a REST request of the venue; undefined = no such path. */
  rest?(request: SimulatorRequest): RestReply;
}

/** Market data from captures: opens client sessions, forwards frames to their subscribers. */
export interface CaptureFeed {
  session(connection: Connection): Session;
  frame(text: string): void;
}

/** A simulated venue: everything that differs between venues. */
export interface SimulatedVenue {
  /** Path of its WebSocket. */
  path: string;
  /** Whether it sends a WebSocket ping every 10 s. */
  pings: boolean;
  garbage: GarbageSamples;
  /** Explains a fault that the venue cannot have; undefined = supported. */
  faultProblem(fault: Fault): { message: string; hint: string } | undefined;
  /** Verifies handshakes signed for this public key; absent = anyone may connect. */
  handshakes?(publicKeyPem: string | undefined): Promise<HandshakeCheck>;
  /** Market specs of a model; undefined = the default markets. */
  markets(symbols: readonly SimulatedSymbol[] | undefined): MarketSpec[];
  modelFeed(options: ModelOptions): ModelFeed;
  captureFeed(playback: CapturePlayback): CaptureFeed;
  /** Whether a recorded frame looks like this venue's. */
  speaks(text: string): boolean;
  /** Adds a recorded frame to the summary. */
  note(summary: SummaryDraft, text: string): void;
}
