import type { CaptureSummary, SummaryDraft } from "./capture_summary.ts";
import type { Connection, Session } from "./connection.ts";
import type { Fault, GarbageSamples } from "./faults.ts";
import type { ModelExchange } from "./model/exchange.ts";
import type { MarketSpec } from "./model/market.ts";
import type { SeriesRollOptions, SimulatedSymbol, TradingOptions } from "./options.ts";
import type { SimulatorRequest } from "./server.ts";

/** What a handshake is answered with that is not accepted. */
interface HandshakeRefusal {
  status: number;
  body: string;
  /** For the log. */
  why: string;
}

/** What a venue's REST answers. */
export interface RestAnswer {
  status: number;
  body: string;
}

/** What a venue's REST says to a request, at once or later; undefined = there is no such path. */
export type RestReply = RestAnswer | Promise<RestAnswer> | undefined;

/** Checks a request of a path, that of the WebSocket or of REST; undefined = it is good. */
export type HandshakeCheck = (
  headers: Readonly<Record<string, unknown>>,
  path: string,
  method?: string,
) => Promise<HandshakeRefusal | undefined>;

/** What the feed of a market model needs. */
export interface ModelOptions {
  exchange: ModelExchange;
  seed: number;
  /** Series whose markets follow each other. */
  rolls: readonly SeriesRollOptions[];
  trading: Partial<TradingOptions>;
  /** The model's time, µs since 1970. */
  nowUs(): number;
  /** To be called at the first subscription of market data. */
  begin(): void;
  /** Hands what was sent outside of a request or event to the system. */
  flush(): void;
}

/** What the feed of captures needs. */
export interface CapturePlayback {
  summaries: readonly CaptureSummary[];
  /** Keep the capture's own replies and numbers. */
  keepSequence: boolean;
  /** Whether a frame was played already. */
  begun(): boolean;
  /** The timeline is to start; `main` = order books are among what is wanted. */
  begin(main: boolean): void;
  /** Does work between two frames. */
  between(job: () => Promise<void>): void;
  /** Reads again what was played so far; undefined = the recorded connection broke. */
  again(): AsyncGenerator<string | undefined>;
  connections(): Iterable<Connection>;
}

/** Market data from the model: speaks with clients, and does an event at a time. */
export interface ModelFeed {
  session(connection: Connection): Session;
  /** Does the next event of the exchange, µs since the model's start and since 1970. */
  emit(elapsedUs: number, atUs: number): void;
  /** Answers a request of the venue's REST; undefined = there is no such path. */
  rest?(request: SimulatorRequest): RestReply;
}

/** Market data from captures: speaks with clients, and sends a frame to whom it concerns. */
export interface CaptureFeed {
  session(connection: Connection): Session;
  frame(text: string): void;
}

/** A venue as the simulator speaks it: all that one has and another has otherwise. */
export interface SimulatedVenue {
  /** Path of its WebSocket. */
  path: string;
  /** Whether it sends a WebSocket ping every 10 s. */
  pings: boolean;
  garbage: GarbageSamples;
  /** What is to be said of a fault that the venue cannot have; undefined = it can. */
  faultProblem(fault: Fault): { message: string; hint: string } | undefined;
  /** Who may connect, by the public key that handshakes are signed with; absent = everybody. */
  handshakes?(publicKeyPem: string | undefined): Promise<HandshakeCheck>;
  /** The markets of a model; undefined = those that are taken when none are named. */
  markets(symbols: readonly SimulatedSymbol[] | undefined): MarketSpec[];
  modelFeed(options: ModelOptions): ModelFeed;
  captureFeed(playback: CapturePlayback): CaptureFeed;
  /** Whether a recorded frame is one of this venue, as far as can be told. */
  speaks(text: string): boolean;
  /** Notes what a recorded frame tells. */
  note(summary: SummaryDraft, text: string): void;
}
