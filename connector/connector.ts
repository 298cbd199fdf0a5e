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

/** Options of {@linkcode createConnector}. */
export interface ConnectorOptions {
  env: string;
  feed: string;
  /** Shard whose symbols it captures, with that shard's transport; absent = all of the feed's. */
  shard?: FeedShard | undefined;
  venue: Venue;
  symbols: readonly SymbolSpec[];
  endpoint: string;
  /** Recording that is played instead of connecting to the venue. */
  recording?: RecordingPlay;
  /** Called before each connection attempt, so that rotated keys are used without a restart. */
  credentials: CredentialsSource;
  transport: Transport;
  storage: Storage;
  /** Spool folder, exclusive to this feed and shard. */
  spoolDir: string;
  /** Folder of the connection budgets shared by all processes; absent = not shared. */
  connectsDir?: string;
  /** Publish a record after its frame is on disk ("spool", default) or before ("bus"). */
  durability?: "spool" | "bus" | undefined;
  /** Connection rate limit of the endpoint; absent = the venue's. */
  connects?: ConnectAllowance;
  /** Most symbols per connection; absent = all on one. */
  symbolsPerConnection?: number;
  /** Id of the venue's wire format, the feed's `parser`; absent = today's. */
  normalizer?: string;
  /** Send rate limit of a connection; absent = unlimited. */
  sendRate?: SendRate;
  /** Enrichers whose rows are published beside the records; absent = none. */
  enrichment?: Enrichment | undefined;
  /** Client bus, which carries all feeds; absent = same as `transport`. */
  clients?: Transport | undefined;
  logger: Logger;
  metrics: Metrics;
  /** Process health that the connector adds its conditions to; default a private one. */
  health?: Health;
  /** Time without a heartbeat after which the feed's other connector is dead; default 6 s. */
  takeoverMs?: number;
  version: string;
  commit: string;
  /** Capture location with the expected clock accuracy; absent = not configured. */
  captureLocation?: CaptureLocation | undefined;
  /** Where clock status is read from; default chrony, then timesyncd. */
  clockSources?: ClockSources;
}

/** Counts since the start. */
export interface ConnectorStats {
  frames: number;
  records: number;
  gaps: number;
  unreadable: number;
  /** Lines lost because the disk refused them until the end. */
  givenUp: number;
  /** Open connections. */
  connected: number;
  /** Messages not yet acknowledged by the bus. */
  waiting: number;
  /** Each connection to the venue, with why it is not open and the time of the next try. */
  connections: VenueConnection[];
  /** Subscribed channels of symbols that deliver nothing. */
  missing: number;
  /** Channels of symbols that the venue refuses. */
  refused: number;
  /** Subscribed books that are not known to be valid. */
  suspectBooks: number;
}

/** A running connector of one feed. */
export interface Connector {
  /**
   * Recovers the last run's spool, then connects. Before that, throws SsmdError `SPOOL_IN_USE` when
   * another process holds the spool, StorageError when its folder cannot be created, and VenueError
   * for unusable credentials.
   */
  start(): Promise<void>;
  stats(): ConnectorStats;
  /**
   * Resolves with VenueError `VENUE_ACCESS_DENIED` when the venue refuses credentials (or this
   * machine) for good: refused twice unchanged and never accepted before. Otherwise never.
   */
  readonly denied: Promise<VenueError>;
  /** Resolves when the recording has been played; rejects when reading fails. Otherwise never. */
  readonly played: Promise<void>;
  /**
   * Changes the captured markets: new ones go to connections with room, removed ones are
   * unsubscribed, others stay. `handovers` by symbol: state of new ones from another shard. Rejects
   * with SsmdError `SYMBOLS_FIXED` for a recording, and `CONNECTOR_NOT_RUNNING`.
   */
  changeSymbols(
    symbols: readonly SymbolSpec[],
    handovers?: ReadonlyMap<string, Handover>,
  ): Promise<{ added: number; takenOff: number }>;
  /** Resolves when all lines so far are durable and the bus has acknowledged their records. */
  flush(): Promise<void>;
  /**
   * Returns the handover of a market that this run removed or the last run had; undefined =
   * neither.
   */
  handoverOf(external: string): Handover | undefined;
  /**
   * Registers `ask`, called before this connector takes over the feed. It removes symbols that
   * another shard owns by then and returns them; their earlier records are not published.
   */
  beforeTurn(ask: () => Promise<readonly string[]>): void;
  /** Calls `listener` with the venue's market news, subscribed or not; the line's time, µs. */
  hearNews(listener: (news: readonly unknown[], atUs: number) => void): void;
  /** Whether this connector publishes the feed's records; false = standby. */
  readonly isTelling: boolean;
  /** Whether a standby captures the same markets and can fill this one's gaps. */
  readonly isBacked: boolean;
  /** Resolves when another connector took over while this one was alive: end the process. */
  readonly replaced: Promise<SsmdError>;
  /** Disconnects and publishes everything received. */
  stop(): Promise<void>;
  /** Stops, writes the raw files and releases the spool. Call it after the archiver has flushed. */
  close(): Promise<void>;
}

/** Throws StorageError `SPOOL_GIVEN_UP` when a closed connector lost lines. */
export function assertNothingGivenUp({ givenUp }: Pick<ConnectorStats, "givenUp">): void {
  if (givenUp === 0) return;
  throw new StorageError(
    "SPOOL_GIVEN_UP",
    `The spool could not be written until the end: ${givenUp} lines that were received are lost`,
    { hint: "Give its disk room before the next start; the time without them is a gap there" },
  );
}
