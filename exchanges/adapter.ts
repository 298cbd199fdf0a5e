import type { Buffer } from "node:buffer";
import type { Break, GapChannel, MarketEvent } from "@ssmd/market";
import type { FrameScanner } from "./frame_scanner.ts";
import type { InstrumentFile } from "@ssmd/metadata";
import type { MissingSubscription, OrderedChannel } from "./subscription.ts";

/** A market to capture, as the environment names it. */
export interface SymbolSpec {
  /** Our symbol. */
  symbol: string;
  /** The venue's symbol. */
  external: string;
  /** Book levels per side, for venues whose subscription takes a depth. */
  depth?: number;
  /** Set for a recording that does not show its subscriptions: only refused ones count as missing. */
  isOrderUnknown?: true;
}

/** Credentials of a venue by field name (`key_id`, `private_key`), already resolved. */
export type Credentials = Record<string, string>;

/** Reads a venue's credentials from their source on each call, as keys are rotated in place. */
export type CredentialsSource = () => Promise<Credentials>;

/** How to open a connection. Built for every attempt, as signatures expire. */
export interface Handshake {
  /** WebSocket address. */
  url: string;
  /** Headers of the HTTP upgrade. */
  headers: Record<string, string>;
}

/** Result of translating one frame. */
export interface Normalized {
  /** Zero or more records, in order; `sequence` is 0, the connector sets it. */
  events: MarketEvent[];
  /** Records that another connector publishes; set by the translator, absent = none. */
  untold?: MarketEvent[];
  /** Frames to send to the venue now (resubscribe, request a snapshot); ignored in replay. */
  send: string[];
  /** Market lifecycle and terms in the frame, subscribed or not, for {@linkcode Catalogue.news}. */
  news?: readonly unknown[];
  /** Kind of frame, beside its events: for acks, watchdogs, logs and counts. */
  notice?: Notice;
}

/** Adds a record. The first one gets an array of one, where `push` would reserve room for 17. */
export function addEvent(out: Normalized, event: MarketEvent): void {
  if (out.events.length === 0) out.events = [event];
  else out.events.push(event);
}

/** Content of a frame besides market data. */
type Notice =
  | { type: "subscribed"; channel: string; symbols: string[] }
  | { type: "unsubscribed"; channel: string }
  /**
   * The venue refused a request. `terminal` = reconnect. `isForeign` = a recorder's request, of
   * unknown channel and market. `isDenied` = the credentials are not sufficient.
   */
  | { type: "refused"; message: string; terminal: boolean; isForeign?: true; isDenied?: true }
  | { type: "heartbeat" }
  /** Understood, but not used. */
  | { type: "ignored"; what: string }
  /** Data dropped on purpose: a delta for an invalid book. */
  | { type: "dropped"; what: string }
  /** Well formed, but of an unknown type and channel; counted. */
  | { type: "unknown"; what: string }
  /** Derived data contradicts the venue; an open gap covers it. */
  | { type: "suspect"; reason: string }
  /** The venue repeats a record with other values; the first one stays. */
  | { type: "conflict"; reason: string }
  | UnreadableNotice;

/** A frame of a known channel that is unreadable in whole or in part; goes to the dead letters. */
export interface UnreadableNotice {
  /** Discriminator. */
  type: "unreadable";
  /** Reason, one sentence for a person. */
  reason: string;
  /** Our symbol of the market concerned; absent = unknown, or several. */
  symbol?: string;
  /** Channel whose records are missing; absent = unknown. */
  channel?: GapChannel;
  /** Whether the normalizer has already opened a gap for it. */
  isCovered?: boolean;
}

/**
 * Pure translation of one connection of a venue: per-symbol state, but no socket, clock, log or
 * bus. Live, replay, reprocess and tests run the same code. One instance serves a connection across
 * its reconnects.
 */
export interface Normalizer {
  /** Frames that subscribe to everything, for a newly opened connection. */
  subscribe(): string[];
  /**
   * Translates a frame. `json` is the parsed frame, `text` its source. Never throws on bad input:
   * an unreadable frame gives the notice `unreadable`.
   */
  normalize(json: unknown, text: string, receivedAtUs: number): Normalized;
  /**
   * Handles a frame that cannot be read at all and may have been market data: books that would not
   * show a missing change are invalid, and requested again. Absent = every loss shows.
   */
  lost?(reason: string, receivedAtUs: number): Normalized;
  /** Reads frames of common shapes from their bytes; absent = all frames are parsed as JSON. */
  readonly scanner?: FrameScanner | undefined;
  /**
   * Translates a frame that `scanner` has put on its tape at `offset` from `bytes`. Returns
   * undefined, with no state changed, when the frame must be parsed as JSON.
   */
  scanned?(offset: number, bytes: Buffer, receivedAtUs: number): Normalized | undefined;
  /**
   * Handles a disconnect or a restart: invalidates all books and returns a gap of reason
   * `disconnect` (or `planned`) on `_all`, which recovers with the first data after it.
   */
  disconnected(lastGoodUs: number, atUs: number, why: Break): MarketEvent[];
  /** Handles an open connection that `subscribe`'s frames were sent to; returns records of it. */
  connected(atUs: number): MarketEvent[];
  /** Earliest time at which `tick` has work, µs; each line also counts as a tick. */
  dueUs(): number;
  /** Advances time to `atUs` without a line: opens gaps and repeats requests. */
  tick(atUs: number): Normalized;
  /**
   * Handles a channel of a symbol that is silent since `fromUs` although it usually is not:
   * requests it again, where the venue's answer shows whether anything was missed.
   */
  doubt(channel: OrderedChannel, symbol: string, fromUs: number, atUs: number): Normalized;
  /**
   * Unsubscribes markets, by our symbols: returns the unsubscribe frames and the ends of their
   * gaps. Data that still arrives for them gives no records. `lastGoodUs`: last time at which the
   * connection was alive; default `atUs`.
   */
  takeOff(symbols: readonly string[], atUs: number, lastGoodUs?: number): Normalized;
  /**
   * Subscribes additional markets: returns the subscribe frames if the connection is open; existing
   * subscriptions are kept. With `before.fromUs`, the last good time of another capture, a gap is
   * open from then until their first records; without it there is none.
   */
  takeOn(specs: readonly SymbolSpec[], atUs: number, before?: Partial<Handover>): Normalized;
  /** Subscriptions that bring no data now, including invalid books. */
  missing(): MissingSubscription[];
  /** Snapshots of all valid books as records (receivedAtUs 0), for late joiners. */
  snapshots(): MarketEvent[];
  /**
   * Snapshot frames in the venue's format of all valid books, one per market, such that the next
   * frame applies to them: for playing a recording from its middle.
   */
  snapshotFrames(): string[];
  /** Plain JSON value from which `restore` makes an equal normalizer. */
  state(): unknown;
  /** Restores a state. */
  restore(state: unknown): void;
  /** State that must survive the run, so that nothing is repeated and every gap is reported. */
  carried(): CarriedState;
  /**
   * Takes over what an earlier run carried, before the first frame. Ignores other markets and
   * unknown shapes, as older or newer software may have written it.
   */
  carry(state: CarriedState): void;
}

/**
 * State that survives a run: plain JSON by the venue's symbol, "" for the whole feed; `{}` = known,
 * with nothing to report.
 */
export type CarriedState = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** State of markets handed over by another capture. */
export interface Handover {
  /** Last time up to which that capture is complete, µs. */
  fromUs: number;
  /** Whether that capture ended on purpose; default false. */
  planned?: boolean;
  /** Its carried state; absent = none. */
  carried?: CarriedState;
}

/** Options of {@linkcode NormalizerVersion.create}. */
export interface NormalizerOptions {
  /** Feed id for the records. */
  feed: string;
  /** Subscribed markets. */
  symbols: readonly SymbolSpec[];
}

/** A wire format, valid from a date on. */
export interface NormalizerVersion {
  /** Format identifier, `kalshi-2026-03-12`. */
  id: string;
  /** First day (UTC, `YYYY-MM-DD`) on which the venue used it. */
  from: string;
  /** Creates a normalizer with empty state. */
  create(options: NormalizerOptions): Normalizer;
}

/** Requests JSON from a venue's REST: path with query, relative to the catalogue's address. */
export type AskRest = (path: string) => Promise<unknown>;

/** Options of {@linkcode Catalogue.instruments}. */
export interface CatalogueRequest {
  /** Id of the feed that the instruments belong to. */
  feed: string;
  /** Time at which the answers are known, ISO. */
  known: string;
  /** Only changes since then, seconds since 1970, if the venue supports it; absent = all. */
  updatedSinceS?: number;
  /** Only this series, if the venue has series. */
  series?: string;
  /** Only this event, if the venue has events. */
  group?: string;
  /** Include pairs of tokenized assets (stocks), if the venue has some. */
  tokenized?: boolean;
  /** The venue's symbols of unsettled markets, to which the answer is limited; absent = all. */
  living?: ReadonlySet<string>;
  /** Look up only the markets in `living`. */
  namedOnly?: boolean;
}

/** Options of {@linkcode Catalogue.news}. */
export interface NewsRequest extends Pick<CatalogueRequest, "feed" | "known"> {
  /** Instrument ids by the venue's symbol, for markets that are not over. */
  idsByExternal: ReadonlyMap<string, string>;
}

/** Instruments from a venue's REST: a pure translation, like that of its frames. */
export interface Catalogue {
  /** Base address of the REST API. */
  url: string;
  /** Rate limit, requests per second. */
  perSecond: number;
  /** Set when markets end and REST reports their results by name (`namedOnly`). */
  tellsEnds?: true;
  /**
   * Applies news of a connection ({@linkcode Normalized.news}) to an instrument; returns one
   * version, or undefined if none applies. `before` = last known instrument. Absent = no news.
   */
  news?(
    news: unknown,
    before: InstrumentFile | undefined,
    request: NewsRequest,
  ): InstrumentFile | undefined;
  /**
   * Lists the markets page by page, each as an instrument with one version. Throws VenueError
   * `VENUE_ANSWER_UNREADABLE` for an invalid answer.
   */
  instruments(ask: AskRest, request: CatalogueRequest): AsyncIterable<InstrumentFile[]>;
}

/** Everything specific to a venue. */
export interface Venue {
  /** Absent = REST is not used. */
  catalogue?: Catalogue;
  /** Venue id, `kraken`. */
  id: string;
  /** Endpoint used when the feed file has none. */
  endpoint: string;
  /** Credential fields that the handshake needs; empty = public. */
  credentials: readonly string[];
  /** Returns address and headers, signed if the venue requires it. `nowMs` since 1970. */
  handshake(endpoint: string, credentials: Credentials, nowMs: number): Promise<Handshake>;
  /** Connection rate limit per address: a token bucket of `burst`, one token per `refillMs`. */
  connects: { burst: number; refillMs: number };
  /** Explains an invalid venue symbol, with a suggestion; undefined = valid. */
  externalProblem(external: string): string | undefined;
  /** Message field with the venue's sequence number, which is verified; absent = there is none. */
  sequenceField?: string;
  /** Whether books carry a checksum, which is verified. */
  bookChecksum: boolean;
  /**
   * Frame to send every `intervalMs` to keep the connection alive; absent = not needed. `answer`:
   * the venue's non-JSON reply, which like a WebSocket pong is not captured.
   */
  keepAlive?: { intervalMs: number; frame: () => string; answer?: string };
  /** Longest silence (no frame, no ping) of a live connection, ms. */
  silenceMsMax: number;
  /** Our default symbol of a venue's market when the environment has none. */
  symbolOf(external: string): string;
  /** Wire formats, dates ascending. */
  normalizers: readonly NormalizerVersion[];
}
