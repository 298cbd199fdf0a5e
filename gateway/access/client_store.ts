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
  /** Makes the client, or takes the place of the one of this id. */
  | { put: "client"; client: ClientAccount }
  /** Removes the client with its keys and entitlements; its usage and sessions stay. */
  | { delete: "client"; id: string }
  /** Makes the key, or takes the place of the one of this id. */
  | { put: "key"; key: ApiKey }
  | { delete: "key"; id: string }
  /** Blocks the address, or takes the place of its block. */
  | { put: "block"; block: Block }
  | { delete: "block"; id: string }
  /** Adds an entitlement; the store gives it its id. */
  | { add: "entitlement"; entitlement: Omit<Entitlement, "id"> }
  | { delete: "entitlement"; id: number };

/** Names a write of a gateway, so that it can be tried again without being counted twice. */
export interface CountedBatch {
  /** The run of the gateway. */
  run: string;
  /** 1, 2, 3, … */
  number: number;
  atMs: number;
}

/** Counts of a gateway since the last write. */
export interface Counted {
  /** Which write it is: one that was made already changes nothing. Absent = it is made in any case. */
  batch?: CountedBatch;
  /** The gateway itself; absent = it has no sessions. */
  run?: GatewayRun;
  /** Added to what is there. */
  usage: readonly UsageCount[];
  /** Written over what is there by their ids. */
  sessions: readonly SessionRecord[];
  /** Keys that were let in, and when. */
  keysUsed: readonly { id: string; atMs: number }[];
}

/** A stream that a client wants to open, where it may not have any number at once. */
export interface SessionClaim {
  session: SessionRecord;
  /** Of the client, over all gateways. */
  limits: SessionLimits;
  /** Sessions of gateways that were not seen since then do not count. */
  seenSinceMs: number;
}

/** Which sessions; the newest first. */
export interface SessionQuery {
  client?: string;
  /** Only open ones. */
  openOnly?: boolean;
  /** Only those that were open within this time: from then on, before then. */
  within?: { fromMs: number; toMs: number };
  limit: number;
}

/** Which counts of usage; both days belong to it. */
export interface UsageQuery {
  client?: string;
  fromDay?: string;
  toDay?: string;
}

/**
 * Where clients, their keys and entitlements, their sessions and their usage are kept. Several
 * processes may use one store at once; each change is whole or not at all, and durable when its
 * promise resolves. Throws StorageError `CLIENT_STORE_BUSY` (retryable: nothing was done),
 * `CLIENT_STORE_AWAY` (retryable: nobody knows what was done), `CLIENT_STORE_FAILED` or
 * `CLIENT_STORE_CLOSED`.
 */
export interface ClientStore {
  /** File, or address without credentials; for people. */
  readonly where: string;
  /** Everything that decides, as of one moment. */
  load(): Promise<Accounts>;
  /** The revision now: cheap enough to be asked several times a second. */
  revision(): Promise<number>;
  /**
   * Applies changes, all or none, and resolves with the new revision. Throws StorageError
   * `CLIENT_STORE_CHANGED` (retryable) where the revision is not `from` any more. What refers to a
   * client that is not there is refused (`CLIENT_STORE_FAILED`).
   */
  apply(from: number, changes: readonly AccountChange[]): Promise<number>;
  /** Adds what was counted; the revision stays. Lost at most for a power cut, not for a kill. */
  count(counted: Counted): Promise<void>;
  /** Puts an open session, unless a limit is reached: that limit. */
  claimSession(claim: SessionClaim): Promise<SessionLimit | undefined>;
  /** Counts of usage, by day, client, feed and type. */
  usage(query: UsageQuery): Promise<UsageCount[]>;
  /** Sessions, the newest first. */
  sessions(query: SessionQuery): Promise<SessionRecord[]>;
  /** Entitlements that are given or were since `sinceMs`, by their numbers. */
  entitlementHistory(): Promise<{ sinceMs: number; entitlements: PastEntitlement[] }>;
  /** Runs of gateways that were not forgotten. */
  runs(): Promise<GatewayRun[]>;
  /**
   * Ends the sessions of gateways that were not seen since then, at the time when they were last
   * seen, and forgets those gateways. Resolves with how many sessions.
   */
  endLostSessions(seenBeforeMs: number): Promise<number>;
  /** Removes ended sessions, usage and entitlements that went from before; resolves with how many rows. */
  prune(before: { sessionsMs: number; usageDay: string }): Promise<number>;
  /** Waits for what is under way. Twice is harmless. */
  close(): Promise<void>;
}

/** Why a session ended whose gateway did not say so. */
export const LOST_SESSION_REASON = "the gateway went away";
