import { FEED_TYPES } from "@ssmd/market/event";
import { dayOfMs } from "@ssmd/runtime/day";
import { z } from "zod";
import { address, day, duration, fields, nameText, plainText } from "./shape.ts";

const PROTOCOL = fields({
  transport: z.literal("websocket").describe("Transport of the messages"),
  message: z.literal("json").describe("Format of a message"),
});

const AUTH = fields({
  method: z.enum(["none", "rsa-pss-sha256"]).describe("Signature of the handshake"),
  fields: z.array(plainText).default([])
    .describe("Credential fields that an environment must set; empty for none"),
});

const RATE_LIMIT = fields({
  requests: z.int().min(1).max(1_000_000).describe("Number of messages that a client may send"),
  per: duration.describe("Period of the limit, like 1s"),
});

const CAPABILITIES = fields({
  types: z.array(z.enum(FEED_TYPES)).min(1).describe("Record types it carries"),
  book_depths: z.array(z.int().min(1).max(10_000)).min(1).exactOptional()
    .describe("Depths (levels per side) that can be requested; absent = whole books, no choice"),
  book_checksum: z.boolean().default(false).describe("Whether books carry a checksum"),
});

const VERSION = fields({
  from: day.describe("First day (UTC) in force; the version ends when the next one begins"),
  protocol: PROTOCOL.describe("Protocol of the venue"),
  endpoint: address(["wss", "ws"]).describe("Address of the live feed"),
  rest: address(["https", "http"]).exactOptional()
    .describe("Address of the venue's REST, which lists its markets; absent = not used"),
  auth: AUTH.describe("Sign-in of a client"),
  symbols_per_connection: z.int().min(1).max(100_000)
    .describe("Maximum number of symbols per connection"),
  rate_limit: RATE_LIMIT.exactOptional().describe(
    "Rate limit of a client; exceeding it leads to an error or a disconnect; absent = the " +
      "venue states no limit",
  ),
  capabilities: CAPABILITIES.describe("Data that can be requested"),
  sequenced: z.boolean().describe("Whether messages have sequence numbers"),
  sequence_field: plainText.exactOptional()
    .describe("Field of a message with the sequence number; present when sequenced"),
  parser: plainText.describe("Id of the normalizer"),
  notes: z.string().exactOptional().describe("Notes for readers"),
});

const CAPTURE_LOCATION = fields({
  id: nameText.describe("Name of the location, like aws-us-east-1"),
  clock_source: z.enum(["ntp", "chrony", "ptp", "gps"]).describe("Time source of its clock"),
  clock_accuracy_us: z.int().min(1).max(10_000_000)
    .describe("Expected error of the clock, microseconds"),
});

/** Feed file, `feeds/<id>.yaml`. */
export const FEED_FILE = fields({
  id: nameText.describe("Id of the feed, the same as the file's name"),
  display_name: plainText.describe("Display name"),
  type: z.enum(["spot", "prediction"]).describe("What is traded"),
  status: z.enum(["active", "disabled"])
    .describe("Whether environments may use it: a disabled feed is refused"),
  calendar: nameText.exactOptional()
    .describe("Name of the trading calendar; absent = always open"),
  versions: z.array(VERSION).min(1).describe("Versions of the protocol; dates ascending"),
  capture_locations: z.array(CAPTURE_LOCATION).exactOptional()
    .describe("Capture locations"),
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
