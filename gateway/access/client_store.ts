import type {
  Accounts,
  ApiKey,
  Block,
  ClientAccount,
  Entitlement,
  GatewayRun,
  PastEntitlement,
  SessionRecord,
  UsageCount,
} from "./account.ts";
import type { SessionLimit, SessionLimits } from "./session_limit.ts";

/** One change of the accounts. */
export type AccountChange =
  /** Creates or replaces the client with this id. */
  | { put: "client"; client: ClientAccount }
  /** Removes the client with its keys and entitlements; its usage and sessions stay. */
  | { delete: "client"; id: string }
  /** Creates or replaces the key with this id. */
  | { put: "key"; key: ApiKey }
  | { delete: "key"; id: string }
  /** Blocks the address, or replaces its block. */
  | { put: "block"; block: Block }
  | { delete: "block"; id: string }
  /** Adds an entitlement; the store assigns its id. */
  | { add: "entitlement"; entitlement: Omit<Entitlement, "id"> }
  | { delete: "entitlement"; id: number };

/** Identifies a write of a gateway, so that a retry is not counted twice. */
export interface CountedBatch {
  /** Run of the gateway. */
  run: string;
  /** 1, 2, 3, … */
  number: number;
  atMs: number;
}

/** Counts of a gateway since the last write. */
export interface Counted {
  /** Identity of the write: one already made changes nothing. Absent = always applied. */
  batch?: CountedBatch;
  /** The gateway's run; absent = it has no sessions. */
  run?: GatewayRun;
  /** Added to the stored counts. */
  usage: readonly UsageCount[];
  /** Replace stored sessions with the same ids. */
  sessions: readonly SessionRecord[];
  /** Keys that were accepted, and when. */
  keysUsed: readonly { id: string; atMs: number }[];
}

/** Request to open a stream of a client with a limit. */
export interface SessionClaim {
  session: SessionRecord;
  /** Limits of the client, over all gateways. */
  limits: SessionLimits;
  /** Sessions of gateways last seen before this time do not count. */
  seenSinceMs: number;
}

/** Filter of sessions; results are newest first. */
export interface SessionQuery {
  client?: string;
  /** Only open ones. */
  openOnly?: boolean;
  /** Only sessions open within this time: `fromMs` included, `toMs` excluded. */
  within?: { fromMs: number; toMs: number };
  limit: number;
}

/** Filter of usage counts; both days are included. */
export interface UsageQuery {
  client?: string;
  fromDay?: string;
  toDay?: string;
}

/**
 * Store of clients, their keys and entitlements, their sessions and their usage. Several processes
 * may use one store at once; each change is atomic, and durable when its promise resolves. Throws
 * StorageError `CLIENT_STORE_BUSY` (retryable: nothing was done), `CLIENT_STORE_AWAY` (retryable:
 * the outcome is unknown), `CLIENT_STORE_FAILED` or `CLIENT_STORE_CLOSED`.
 */
export interface ClientStore {
  /** File, or address without credentials; for display. */
  readonly where: string;
  /** Loads all accounts as of one moment. */
  load(): Promise<Accounts>;
  /** Current revision: cheap enough to poll several times a second. */
  revision(): Promise<number>;
  /**
   * Applies changes, all or none, and resolves with the new revision. Throws StorageError
   * `CLIENT_STORE_CHANGED` (retryable) when the revision is no longer `from`, and
   * `CLIENT_STORE_FAILED` for a change that refers to a missing client.
   */
  apply(from: number, changes: readonly AccountChange[]): Promise<number>;
  /** Adds counts; the revision does not change. A power cut may lose them, a kill does not. */
  count(counted: Counted): Promise<void>;
  /** Adds an open session; resolves with the limit reached instead, undefined = added. */
  claimSession(claim: SessionClaim): Promise<SessionLimit | undefined>;
  /** Returns usage counts by day, client, feed and type. */
  usage(query: UsageQuery): Promise<UsageCount[]>;
  /** Returns sessions, the newest first. */
  sessions(query: SessionQuery): Promise<SessionRecord[]>;
  /** Returns entitlements granted now or at any time since `sinceMs`, by their ids. */
  entitlementHistory(): Promise<{ sinceMs: number; entitlements: PastEntitlement[] }>;
  /** Returns the known runs of gateways. */
  runs(): Promise<GatewayRun[]>;
  /**
   * Ends the sessions of gateways not seen since this time, as of when each was last seen, and
   * removes those gateways. Resolves with the number of sessions.
   */
  endLostSessions(seenBeforeMs: number): Promise<number>;
  /** Removes older ended sessions, usage and removed entitlements; resolves with the row count. */
  prune(before: { sessionsMs: number; usageDay: string }): Promise<number>;
  /** Waits for pending work and closes. Idempotent. */
  close(): Promise<void>;
}

/** End reason of a session whose gateway went away without ending it. */
export const LOST_SESSION_REASON = "the gateway went away";
