import type { EventType } from "@ssmd/market";

/** What is traded there. */
export type FeedType = "spot" | "prediction";
/** Whether an environment may use the feed: a disabled one is refused. */
export type FeedStatus = "active" | "disabled";

/** What a feed can deliver. */
export interface FeedCapabilities {
  /** Record types. */
  types: EventType[];
  /** Depths (levels a side) that may be asked for; absent = whole books, no choice. */
  bookDepths?: number[];
  /** Whether books carry a checksum. */
  bookChecksum: boolean;
}

/** How a client proves who it is. */
export interface FeedAuth {
  /** How the handshake is signed. */
  method: "none" | "rsa-pss-sha256";
  /** Credential fields that an environment must give; empty for `none`. */
  fields: string[];
}

/** How many messages a client may send; more is answered with an error or a disconnect. */
export interface RateLimit {
  /** Messages that a client sends. */
  requests: number;
  /** In this time. */
  perMs: number;
}

/** A feed as it stood from a day on. */
export interface FeedVersion {
  /** First day (UTC, `YYYY-MM-DD`). */
  from: string;
  /** What carries the messages, and how they are written. */
  protocol: { transport: "websocket"; message: "json" };
  /** Address of the live feed. */
  endpoint: string;
  /** How a client signs in. */
  auth: FeedAuth;
  /** Most symbols that one connection subscribes. */
  symbolsPerConnection: number;
  /** What a client may send; absent = the venue names none. */
  rateLimit?: RateLimit;
  /** What can be asked for. */
  capabilities: FeedCapabilities;
  /** Whether messages are numbered by the venue. */
  sequenced: boolean;
  /** The field of a message that carries the number; present when `sequenced`. */
  sequenceField?: string;
  /** Identifier of the normalizer that reads it. */
  parser: string;
  /** What a reader should know. */
  notes?: string;
}

/** A place that captures the feed. */
export interface CaptureLocation {
  /** Name of the place, `aws-us-east-1`. */
  id: string;
  /** What keeps its clock right. */
  clockSource: "ntp" | "chrony" | "ptp" | "gps";
  /** Expected error of that clock, microseconds. */
  clockAccuracyUs: number;
}

/** A data feed of a venue, as its file in `exchanges/feeds/` tells it. */
export interface Feed {
  /** The file's name, `kraken`. */
  id: string;
  /** For people. */
  displayName: string;
  /** What is traded. */
  type: FeedType;
  /** Whether it may be used. */
  status: FeedStatus;
  /** Dates ascending. */
  versions: FeedVersion[];
  /** Name of the trading calendar; absent = always open. */
  calendar?: string;
  /** Places that capture it. */
  captureLocations?: CaptureLocation[];
}

/** The version in force on `date` (`YYYY-MM-DD`, UTC), or undefined before the first. */
export function versionOn(feed: Feed, date: string): FeedVersion | undefined {
  return feed.versions.findLast((version) => version.from <= date);
}

/** Today in UTC, `YYYY-MM-DD`. */
export function todayUtc(): string {
  return new Date().toISOString().slice(0, 10);
}
