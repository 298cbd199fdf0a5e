import type { CredentialsSource, Handover, SymbolSpec, Venue } from "@ssmd/exchanges";
import type { FeedShard } from "@ssmd/market";
import type { CaptureLocation, Enrichment } from "@ssmd/metadata";
import {
  Health,
  type Logger,
  type Metrics,
  SsmdError,
  StorageError,
  type VenueError,
} from "@ssmd/runtime";
import type { Storage } from "@ssmd/storage";
import type { Transport } from "@ssmd/transport";
import type { ClockSources } from "./clock_quality.ts";
import { type RecordingPlay } from "./recording_player.ts";
import type { SendRate } from "./send_pacer.ts";
import { type ConnectAllowance } from "./connect_budget.ts";
import { type VenueConnection } from "./connection_state.ts";

/** What a connector is made of. */
export interface ConnectorOptions {
  env: string;
  feed: string;
  /** Whose symbols it captures, by a transport of that shard; absent = all of the feed's. */
  shard?: FeedShard | undefined;
  venue: Venue;
  symbols: readonly SymbolSpec[];
  endpoint: string;
  /** Played in place of the venue: nothing is connected to. */
  recording?: RecordingPlay;
  /** Asked before each try to connect, so that rotated keys are used without a restart. */
  credentials: CredentialsSource;
  transport: Transport;
  storage: Storage;
  /** Folder of the spool, of this feed and shard alone. */
  spoolDir: string;
  /** Folder in which all processes count connections to venues; absent = this one counts alone. */
  connectsDir?: string;
  /** When a record goes to the bus: once its frame is on the disk ("spool", default) or before. */
  durability?: "spool" | "bus" | undefined;
  /** How often the endpoint may be connected to; absent = as the venue says. */
  connects?: ConnectAllowance;
  /** Most symbols of a connection; absent = all on one. */
  symbolsPerConnection?: number;
  /** Id of the wire format that the venue speaks, the feed's `parser`; absent = that of today. */
  normalizer?: string;
  /** What the venue takes on a connection; absent = it names no limit. */
  sendRate?: SendRate;
  /** Enrichers whose values it tells beside its records; absent = none. */
  enrichment?: Enrichment | undefined;
  /** Bus of clients, which has all feeds; absent = `transport` is it. */
  clients?: Transport | undefined;
  logger: Logger;
  metrics: Metrics;
  /** The process's health, to which the connector adds its conditions; default one nobody asks. */
  health?: Health;
  /** Time without a sign of life after which another connector of the feed is dead; default 6 s. */
  takeoverMs?: number;
  version: string;
  commit: string;
  /** Where it captures, and what is expected of the clock there; absent = not said. */
  captureLocation?: CaptureLocation | undefined;
  /** Whom the machine is asked how its clock is kept; default chrony, then timesyncd. */
  clockSources?: ClockSources;
}

/** Counts since the start. */
export interface ConnectorStats {
  frames: number;
  records: number;
  gaps: number;
  unreadable: number;
  /** Lines that the disk refused until the end: they are lost. */
  givenUp: number;
  /** Open connections. */
  connected: number;
  /** Messages not yet acknowledged by the bus. */
  waiting: number;
  /** Each connection to the venue, with why it is not open and when it is tried next. */
  connections: VenueConnection[];
  /** Ordered channels of symbols that bring nothing. */
  missing: number;
  /** Channels of symbols that the venue refuses. */
  refused: number;
  /** Ordered books not known to be right. */
  suspectBooks: number;
}

/** A running connector of one feed. */
export interface Connector {
  /**
   * Finishes what the last run left, then connects. Throws SsmdError `SPOOL_IN_USE` when another
   * process has the spool, StorageError when the spool's folder cannot be made, and VenueError for
   * credentials that are none, before anything is begun.
   */
  start(): Promise<void>;
  stats(): ConnectorStats;
  /**
   * Resolves with VenueError `VENUE_ACCESS_DENIED` when the venue refuses credentials (or this
   * machine) for good: refused twice, never taken before, and unchanged. Never in all other cases.
   */
  readonly denied: Promise<VenueError>;
  /** Resolves when the recording was played to its end, rejects as reading it does; else never. */
  readonly played: Promise<void>;
  /**
   * Captures these markets from now on: those that are new come on connections that have room, those
   * that are gone are unsubscribed; of all others nothing is touched. `handovers` by symbol: what
   * another shard had of those that are new. Gives how many were added and taken off. Rejects with SsmdError `SYMBOLS_FIXED` for a recording, and `CONNECTOR_NOT_RUNNING`.
   */
  changeSymbols(
    symbols: readonly SymbolSpec[],
    handovers?: ReadonlyMap<string, Handover>,
  ): Promise<{ added: number; takenOff: number }>;
  /** Resolves when all lines that came by now are durable and the bus has their records. */
  flush(): Promise<void>;
  /**
   * What another shard needs to capture a market in place of this connector, which has taken it off,
   * or whose last run had it; undefined = neither is known.
   */
  handoverOf(external: string): Handover | undefined;
  /**
   * Before this one tells the feed in place of another one, `ask` takes off what another shard has by
   * then, and gives those symbols: nothing of theirs that came by then is told.
   */
  beforeTurn(ask: () => Promise<readonly string[]>): void;
  /** Gets what the venue says of markets, ordered or not, with the time of its line, µs. */
  hearNews(listener: (news: readonly unknown[], atUs: number) => void): void;
  /** Whether the records of the feed are this one's; else another one tells it, and it stands by. */
  readonly isTelling: boolean;
  /** Whether another one stands by that captures as much: it fills the gaps of this one. */
  readonly isBacked: boolean;
  /** Resolves when another connector has taken over although this one was alive: end the process. */
  readonly replaced: Promise<SsmdError>;
  /** Disconnects and hands everything accepted to the bus. */
  stop(): Promise<void>;
  /** Stops, writes the raw files and gives the spool free. Call it when the archiver has flushed. */
  close(): Promise<void>;
}

/** Throws StorageError `SPOOL_GIVEN_UP` when a connector that has ended lost lines. */
export function assertNothingGivenUp({ givenUp }: Pick<ConnectorStats, "givenUp">): void {
  if (givenUp === 0) return;
  throw new StorageError(
    "SPOOL_GIVEN_UP",
    `The spool could not be written until the end: ${givenUp} lines that were received are lost`,
    { hint: "Give its disk room before the next start; the time without them is a gap there" },
  );
}
