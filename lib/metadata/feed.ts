import { FEED_TYPES } from "@ssmd/market";
import { dayOfMs } from "@ssmd/runtime";
import { z } from "zod";
import { address, day, duration, fields, nameText, plainText } from "./shape.ts";

const PROTOCOL = fields({
  transport: z.literal("websocket").describe("What carries the messages"),
  message: z.literal("json").describe("How a message is written"),
});

const AUTH = fields({
  method: z.enum(["none", "rsa-pss-sha256"]).describe("How the handshake is signed"),
  fields: z.array(plainText).default([])
    .describe("Credential fields that an environment must give; empty for none"),
});

const RATE_LIMIT = fields({
  requests: z.int().min(1).max(1_000_000).describe("Messages that a client sends"),
  per: duration.describe("In this time, like 1s"),
});

const CAPABILITIES = fields({
  types: z.array(z.enum(FEED_TYPES)).min(1).describe("Record types that it brings"),
  book_depths: z.array(z.int().min(1).max(10_000)).min(1).exactOptional()
    .describe("Depths (levels a side) that may be asked for; absent = whole books, no choice"),
  book_checksum: z.boolean().default(false).describe("Whether books carry a checksum"),
});

const VERSION = fields({
  from: day.describe("First day (UTC) on which it holds, until the next version begins"),
  protocol: PROTOCOL.describe("How the venue speaks"),
  endpoint: address(["wss", "ws"]).describe("Address of the live feed"),
  rest: address(["https", "http"]).exactOptional()
    .describe("Address of the venue's REST, which tells its markets; absent = it is not asked"),
  auth: AUTH.describe("How a client signs in"),
  symbols_per_connection: z.int().min(1).max(100_000)
    .describe("Most symbols that one connection subscribes"),
  rate_limit: RATE_LIMIT.exactOptional().describe(
    "What a client may send, more is answered with an error or a disconnect; absent = the venue names no limit",
  ),
  capabilities: CAPABILITIES.describe("What can be asked for"),
  sequenced: z.boolean().describe("Whether the venue numbers its messages"),
  sequence_field: plainText.exactOptional()
    .describe("The field of a message that carries the number; present when sequenced"),
  parser: plainText.describe("Id of the normalizer that reads it"),
  notes: z.string().exactOptional().describe("What a reader should know"),
});

const CAPTURE_LOCATION = fields({
  id: nameText.describe("Name of the place, like aws-us-east-1"),
  clock_source: z.enum(["ntp", "chrony", "ptp", "gps"]).describe("What keeps its clock right"),
  clock_accuracy_us: z.int().min(1).max(10_000_000)
    .describe("Expected error of that clock, microseconds"),
});

/** Feed file, `feeds/<id>.yaml`. */
export const FEED_FILE = fields({
  id: nameText.describe("The file's name"),
  display_name: plainText.describe("Name for people"),
  type: z.enum(["spot", "prediction"]).describe("What is traded"),
  status: z.enum(["active", "disabled"])
    .describe("Whether an environment may use it: a disabled one is refused"),
  calendar: nameText.exactOptional()
    .describe("Name of the trading calendar; absent = always open"),
  versions: z.array(VERSION).min(1).describe("What changed on which day; dates ascending"),
  capture_locations: z.array(CAPTURE_LOCATION).exactOptional()
    .describe("Places that capture it"),
});

/** A data feed of a venue. */
export type Feed = z.output<typeof FEED_FILE>;
/** Version of a feed, valid from a day on. */
export type FeedVersion = z.output<typeof VERSION>;
/** A location that captures a feed. */
export type CaptureLocation = z.output<typeof CAPTURE_LOCATION>;

/** Returns the version valid on `date` (`YYYY-MM-DD`, UTC); undefined before the first. */
export function versionOn(feed: Feed, date: string): FeedVersion | undefined {
  return feed.versions.findLast((version) => version.from <= date);
}

/** Returns today in UTC, `YYYY-MM-DD`. */
export function todayUtc(): string {
  return dayOfMs(Date.now());
}
