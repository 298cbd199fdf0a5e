import type { Buffer } from "node:buffer";
import type { Break, GapChannel, MarketEvent } from "@ssmd/market";
import type { FrameScanner } from "./frame_scanner.ts";
import type { InstrumentFile } from "@ssmd/metadata";
import type { MissingSubscription, OrderedChannel } from "./subscription.ts";

/** A market to be captured, as the environment names it. */
export interface SymbolSpec {
  /** Ours. */
  symbol: string;
  /** The venue's. */
  external: string;
  /** Levels a side where the venue asks for it. */
  depth?: number;
  /** Of a recording that does not show what was asked for: only what was refused is missing. */
  isOrderUnknown?: true;
}

/** Credentials of a venue by field name (`key_id`, `private_key`), already resolved. */
export type Credentials = Record<string, string>;

/** Gives the credentials of a venue as their source holds them now: keys are rotated in place. */
export type CredentialsSource = () => Promise<Credentials>;

/** How to open a connection. Made anew for every try, as signatures age. */
export interface Handshake {
  /** Where to. */
  url: string;
  /** Of the HTTP upgrade. */
  headers: Record<string, string>;
}

/** What one frame means. */
export interface Normalized {
  /** Zero or more records, in order; `sequence` is 0, the connector sets it. */
  events: MarketEvent[];
  /** Records that another connector tells; set by the translator, absent = none. */
  untold?: MarketEvent[];
  /** Frames to send to the venue now (resubscribe, ask for a snapshot); ignored in replay. */
  send: string[];
  /** What it said of lives and terms of markets, ordered or not, for {@linkcode Catalogue.news}. */
  news?: readonly unknown[];
  /** What the frame was, beside its events: for acks, watchdogs, logs and counts. */
  notice?: Notice;
}

/** News of a connection that is no market data. */
type Notice =
  | { type: "subscribed"; channel: string; symbols: string[] }
  | { type: "unsubscribed"; channel: string }
  /**
   * The venue refused a request; `terminal` = the connection must be made anew. `isForeign`: one of a
   * recorder, of which neither channel nor market is known. `isDenied`: as the credentials do not do.
   */
  | { type: "refused"; message: string; terminal: boolean; isForeign?: true; isDenied?: true }
  | { type: "heartbeat" }
  /** Understood and of no interest. */
  | { type: "ignored"; what: string }
  /** Data that was dropped on purpose: a delta for a suspect book. */
  | { type: "dropped"; what: string }
  /** Of a type that we do not know, well formed and of no known channel: to be counted. */
  | { type: "unknown"; what: string }
  /** What was made of the venue's data contradicts the venue: an open gap says so. */
  | { type: "suspect"; reason: string }
  | UnreadableNotice;

/** A frame, or a part of it, that is of a known channel and cannot be read: to be dead-lettered. */
export interface UnreadableNotice {
  /** Which notice it is. */
  type: "unreadable";
  /** One sentence for a person. */
  reason: string;
  /** Our name of the market that it is about; absent = it cannot be told, or several. */
  symbol?: string;
  /** Which records are missing by it; absent = it cannot be told. */
  channel?: GapChannel;
  /** Whether a gap that the normalizer opened says so already. */
  isCovered?: boolean;
}

/**
 * The pure translation of one connection of a venue. It keeps per-symbol state and has no socket,
 * clock, log or bus: live, replay, reprocess and tests run the same lines.
 * The one instance lives across reconnects of its connection.
 */
export interface Normalizer {
  /** Frames that subscribe everything, for a connection that was just opened. */
  subscribe(): string[];
  /**
   * Translates a frame. `json` is the parsed frame, `text` its source. Never throws on bad input:
   * a frame that cannot be read gives the notice `unreadable`.
   */
  normalize(json: unknown, text: string, receivedAtUs: number): Normalized;
  /** Reads frames of usual shapes from their bytes; absent = all frames are read as JSON. */
  readonly scanner?: FrameScanner | undefined;
  /**
   * Translates a frame that `scanner` has put on its tape at `place`; undefined = it has to be read as
   * JSON after all, and nothing was changed.
   */
  scanned?(offset: number, frame: Buffer, receivedAtUs: number): Normalized | undefined;
  /**
   * The connection broke (or the process was away): all books are dropped, and a gap of
   * `disconnect` (or `planned`) on `_all` is given. It recovers with the first data after it.
   */
  disconnected(lastGoodUs: number, atUs: number, why: Break): MarketEvent[];
  /** The connection is open, and what `subscribe` gave was sent; records that follow from it. */
  connected(atUs: number): MarketEvent[];
  /** When `tick` has something to do at the earliest, µs; each line is a tick as well. */
  dueUs(): number;
  /** Time has come to `atUs` without a line: gaps that open, requests that are made again. */
  tick(atUs: number): Normalized;
  /**
   * A channel of a symbol brought nothing since `fromUs` although it usually does: it is asked for
   * again, where the venue can tell by its answer whether anything was missed.
   */
  doubt(channel: OrderedChannel, symbol: string, fromUs: number, atUs: number): Normalized;
  /**
   * Markets, by our names, are ordered no more: gives the frames that end their subscriptions, and
   * the ends of their gaps. What still comes of them gives no record. `lastGoodUs`: up to when their
   * connection lived; default `atUs`.
   */
  takeOff(symbols: readonly string[], atUs: number, lastGoodUs?: number): Normalized;
  /**
   * Markets are ordered besides: gives the frames that subscribe them where the connection is open.
   * What it ordered before goes on. What another capture had of them until `before.fromUs` is missing
   * until their first records; without `fromUs` nothing is.
   */
  takeOn(specs: readonly SymbolSpec[], atUs: number, before?: Partial<Handover>): Normalized;
  /** What was ordered and does not come now, books that are not right among it. */
  missing(): MissingSubscription[];
  /** Snapshots of all sound books as records (receivedAtUs 0), for late joiners. */
  snapshots(): MarketEvent[];
  /**
   * The frames by which the venue would tell all sound books now, a market each, so that the next
   * frame follows them: for who plays a recording from its middle.
   */
  snapshotFrames(): string[];
  /** Plain JSON value from which `restore` makes an equal normalizer. */
  state(): unknown;
  /** Takes over a state. */
  restore(state: unknown): void;
  /** What has to outlive the run, so that nothing is repeated and all that was missed is told. */
  carried(): CarriedState;
  /**
   * Takes over what an earlier run carried, before the first frame: of the markets of this connection,
   * and of a shape that is known. Older and newer software may have written it.
   */
  carry(state: CarriedState): void;
}

/**
 * What outlives a run: plain JSON by the venue's name of the market, "" for the whole feed; `{}` =
 * known, and nothing to tell.
 */
export type CarriedState = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** What is known of markets that another capture had before. */
export interface Handover {
  /** Up to when it missed nothing, µs. */
  fromUs: number;
  /** Whether it ended on purpose; default false. */
  planned?: boolean;
  /** What it knew; absent = nothing. */
  carried?: CarriedState;
}

/** What a normalizer is made of. */
export interface NormalizerOptions {
  /** Id of the feed, as records carry it. */
  feed: string;
  /** Markets that are subscribed. */
  symbols: readonly SymbolSpec[];
}

/** A wire format as it stood from a date on. */
export interface NormalizerVersion {
  /** Format identifier, `kalshi-2026-03-12`. */
  id: string;
  /** First day (UTC, `YYYY-MM-DD`) on which the venue spoke it. */
  from: string;
  /** A new one, that knows nothing yet. */
  create(options: NormalizerOptions): Normalizer;
}

/** Asks a venue's REST for JSON: the path with its query, below the catalogue's address. */
export type AskRest = (path: string) => Promise<unknown>;

/** What is asked of a catalogue. */
export interface CatalogueRequest {
  /** Id of the feed that instruments are mapped to. */
  feed: string;
  /** When the answers are known, ISO time. */
  known: string;
  /** Only what changed since, seconds since 1970, where the venue can tell; absent = all. */
  updatedSinceS?: number;
  /** One series only, where the venue has some. */
  series?: string;
  /** One event only, where the venue has some. */
  group?: string;
  /** Pairs of tokenized assets (stocks) besides, where the venue has some. */
  tokenized?: boolean;
  /** Only markets that are not settled, and these by the venue's name; absent = all. */
  living?: ReadonlySet<string>;
  /** Only those that `living` names: no others are looked for. */
  namedOnly?: boolean;
}

/** What is asked of a catalogue about news. */
export interface NewsRequest extends Pick<CatalogueRequest, "feed" | "known"> {
  /** By the venue's names of markets that are not over: the instruments' ids. */
  idsByExternal: ReadonlyMap<string, string>;
}

/** What a venue's REST tells of its markets: a pure translation, as of its frames. */
export interface Catalogue {
  /** Address of its REST. */
  url: string;
  /** Requests a second that it takes. */
  perSecond: number;
  /** Its markets end, and REST tells by name what became of them (`namedOnly`). */
  tellsEnds?: true;
  /**
   * What news of a connection ({@linkcode Normalized.news}) makes of an instrument, as one version;
   * `before` = what was known of it, `living` = ids by the venue's names of markets that are not over. Undefined when it is none. Absent = the venue tells none.
   */
  news?(
    news: unknown,
    before: InstrumentFile | undefined,
    request: NewsRequest,
  ): InstrumentFile | undefined;
  /**
   * Its markets, a page at a time, each as an instrument with one version. Throws VenueError
   * `VENUE_ANSWER_UNREADABLE` for an answer that is none.
   */
  instruments(ask: AskRest, request: CatalogueRequest): AsyncIterable<InstrumentFile[]>;
}

/** A venue. */
export interface Venue {
  /** Absent = its REST is not read. */
  catalogue?: Catalogue;
  /** `kraken` */
  id: string;
  /** Endpoint used when the feed file names none. */
  endpoint: string;
  /** Credential fields that the handshake needs; empty = public. */
  credentials: readonly string[];
  /** Address and headers, signed where the venue wants it. `nowMs` since 1970. */
  handshake(endpoint: string, credentials: Credentials, nowMs: number): Promise<Handshake>;
  /** Connections of one address: so many at once, and one more every `refillMs`. */
  connects: { burst: number; refillMs: number };
  /** What is wrong with a venue's name of a market, and what is meant; undefined = nothing. */
  externalProblem(external: string): string | undefined;
  /** Field of a message with the venue's number, which is followed; absent = it numbers none. */
  sequenceField?: string;
  /** Whether books carry a checksum, which is verified. */
  bookChecksum: boolean;
  /**
   * A frame to send every `intervalMs` to keep the connection alive, where frames do that. `answer`: the
   * venue's text for it that is no JSON; like a pong of the WebSocket it is not captured.
   */
  keepAlive?: { intervalMs: number; frame: () => string; answer?: string };
  /** Longest silence (no frame, no ping) of a living connection. */
  silenceMsMax: number;
  /** Our name of a venue's market when the environment names none. */
  symbolOf(external: string): string;
  /** Dates ascending. */
  normalizers: readonly NormalizerVersion[];
}
