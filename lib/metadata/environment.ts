import { z } from "zod";
import { AGENTS } from "./environment_agents.ts";
import { ENRICH } from "./environment_enrich.ts";
import { GATEWAY } from "./environment_gateway.ts";
import { CREDENTIALS, KEYS } from "./environment_key.ts";
import { SCHEDULER } from "./environment_scheduler.ts";
import { ATTRIBUTE, SHARDS } from "./environment_shards.ts";
import {
  address,
  duration,
  fields,
  nameText,
  oneOf,
  plainText,
  port,
  size,
  text,
  timeOfDay,
  timezone,
} from "./shape.ts";

const SYMBOL = z.object({
  feed: plainText.describe("The feed that brings it"),
  external: plainText.describe("The venue's name of the market"),
  depth: z.int().min(1).exactOptional()
    .describe("Levels a side of the order book, where the venue asks for it"),
}).catchall(ATTRIBUTE);

/** Built-in fields of a symbol, as opposed to attributes. */
export const SYMBOL_FIELDS: readonly string[] = Object.keys(SYMBOL.shape);

const SELECTOR = fields({
  feed: plainText.describe("The feed that brings them"),
  series: plainText.exactOptional().describe("The series that they are of, like KXBTC15M"),
  group: plainText.exactOptional().describe("The event that they are of"),
  base: plainText.exactOptional().describe("What is bought, like BTC"),
  quote: plainText.exactOptional().describe("What is paid, like USD"),
  status: z.enum(["active", "open"]).default("active").describe(
    "active = from when a market is made until it is settled; open = while it trades",
  ),
  depth: z.int().min(1).exactOptional()
    .describe("Levels a side of the order books, where the venue asks for it"),
});

const MEMORY = fields({ type: z.literal("memory").describe("Nothing outlives the process") });

const TRANSPORT = oneOf([
  MEMORY,
  fields({
    type: z.literal("nats").describe("NATS JetStream"),
    url: address(["nats", "tls"]).describe("nats://host:port, several with commas"),
    max_bytes: size.exactOptional()
      .describe("Largest stream, like 4GiB; the oldest messages leave"),
    max_age: duration.exactOptional().describe("Oldest message, like 24h; absent = 24h"),
    credentials: CREDENTIALS.exactOptional()
      .describe("user and password, or token → reference $key:name.field"),
  }),
], {
  aeron: '"aeron" is a reserved name and not built yet. Allowed: memory, nats',
  chronicle: '"chronicle" is a reserved name and not built yet. Allowed: memory, nats',
});

const STORAGE = oneOf([
  MEMORY,
  fields({
    type: z.literal("local").describe("A folder of this machine"),
    path: plainText.describe("The folder; spools lie in it, too"),
  }),
  fields({
    type: z.literal("s3").describe("An object store"),
    endpoint: address(["https", "http"]).describe("Address of the store"),
    region: plainText.describe("Its region, like us-east-1"),
    buckets: fields({
      raw: plainText.describe("Bucket of raw files"),
      normalized: plainText.describe("Bucket of normalized files; it may be the same"),
    }).describe("Buckets by kind of files"),
    path_style: z.boolean().exactOptional().describe(
      "endpoint/bucket/key (true) or bucket.endpoint/key (false); absent = true but for AWS",
    ),
    credentials: CREDENTIALS.exactOptional().describe(
      "access_key and secret_key, and session_token of temporary ones → reference $key:name.field",
    ),
  }),
]);

const CACHE = oneOf([
  fields({ type: z.literal("none").describe("Nothing is kept: the source is read each time") }),
  fields({
    type: z.literal("memory").describe("Nothing outlives the process"),
    max_bytes: size.exactOptional()
      .describe("Most of keys and values, like 64MiB; the least recently used leave"),
  }),
  fields({
    type: z.literal("redis").describe("A Redis that several gateways share"),
    url: address(["redis", "rediss"]).describe("redis://host:port/database, rediss:// with TLS"),
    credentials: CREDENTIALS.exactOptional()
      .describe("password, and user of an access list → reference $key:name.field"),
  }),
]);

const JOURNAL = oneOf([
  MEMORY,
  fields({
    type: z.literal("file").describe("A folder of this machine"),
    path: plainText.describe("The folder"),
  }),
  fields({ type: z.literal("nats").describe("A stream of its own on the bus; nothing leaves it") }),
]);

const keptDays = z.int().min(1).max(36_500).exactOptional();

const RETENTION = fields({
  raw_days: keptDays.describe("Days of raw files, counted from the day's end"),
  normalized_days: keptDays.describe("Days of normalized records"),
});

const SCHEDULE = fields({
  timezone: timezone.exactOptional().describe("Of day_end, like America/New_York; absent = UTC"),
  day_end: timeOfDay.exactOptional()
    .describe("When days that are over are sealed and checked, HH:MM; absent = 00:10"),
  auto_roll: z.boolean().exactOptional()
    .describe("Whether that happens by itself; absent = true, false = only when asked"),
});

const SIMULATOR = fields({
  seed: z.int().min(0).exactOptional().describe("The same seed gives the same market"),
  rate: z.number().gt(0).max(1_000_000).exactOptional()
    .describe("Market events a second and feed"),
  rolls: z.record(z.string(), duration).exactOptional()
    .describe("Kalshi: series whose markets follow each other → how long each is open"),
  ports: z.record(z.string(), port).exactOptional()
    .describe("Feed → fixed port; absent = any free one"),
});

const CONNECTS = fields({
  burst: z.int().min(1).max(100_000).describe("Connections at once"),
  refill: duration.describe("Time until one more is allowed"),
});

const symbolName = text(
  /^[A-Za-z0-9][\w\-./:%+]*$/,
  "a symbol: letters, digits and _ - . / : % +, no spaces",
);

const SIGNAL = fields({
  params: z.record(z.string(), z.union([z.number(), z.boolean(), z.string()])).exactOptional()
    .describe("Its parameters in place of its author's, by name"),
  enabled: z.boolean().exactOptional().describe("Whether it runs; absent = true"),
});

const signalName = text(
  /^[a-z][a-z0-9_-]{0,62}$/,
  "the name of a signal's file without .ts: lower-case letters, digits, _ and -",
);

/** Environment file, `environments/<name>.yaml`: the single source of truth for a deployment. */
export const ENVIRONMENT_FILE = fields({
  name: nameText.describe("The file's name; first token of all subjects"),
  location: nameText.exactOptional().describe(
    "Where it captures: one of capture_locations of each of its feeds; absent = not said",
  ),
  keys: KEYS.default({}).describe("Secrets by name: what they are and where they come from"),
  feeds: z.array(plainText).min(1).describe("Ids of the feeds in use"),
  schema: plainText.describe("Version of the record schemas, v1"),
  symbols: z.record(symbolName, SYMBOL).describe("Our name of a market → what it is at the venue"),
  shards: SHARDS.exactOptional()
    .describe("Parts of the markets, each with processes of its own; absent = all are one"),
  select: z.array(SELECTOR).exactOptional().describe(
    "Markets by rule, besides symbols: the security master names them, as they appear and end",
  ),
  transport: TRANSPORT.describe("The message bus"),
  storage: STORAGE.describe("Where files go"),
  durability: z.enum(["spool", "bus"]).exactOptional().describe(
    "When a record goes to the bus: spool = once the disk has its frame; bus = milliseconds before, " +
      "so that a power cut may lose frames whose records were published, and a gap tells it; " +
      "absent = spool",
  ),
  cache: CACHE.default({ type: "memory" })
    .describe("Where the gateway keeps what can be read again; it works without"),
  journal: JOURNAL.default({ type: "memory" }).describe("Where operations are recorded"),
  gateway: GATEWAY.default({ port: 8080, auth: "open" }).describe("Where clients connect"),
  agents: AGENTS.exactOptional()
    .describe("Which language model agents ask; absent = no agent runs"),
  retention: RETENTION.exactOptional()
    .describe("How long archived days are kept; absent = for ever"),
  schedule: SCHEDULE.exactOptional()
    .describe("When days are ended; absent = at 00:10 UTC, by themselves"),
  scheduler: SCHEDULER.exactOptional()
    .describe("Who keeps jobs and schedules; absent = embedded"),
  simulator: SIMULATOR.exactOptional().describe(
    "Present = these feeds are simulated on loopback and need no credentials",
  ),
  signals: z.record(signalName, SIGNAL).default({})
    .describe("Signals by the name of their file: which run here, and how they are set"),
  enrich: ENRICH.exactOptional().describe(
    "Values made of records, beside them: enrichers in order; absent = none",
  ),
  endpoints: z.record(z.string(), address(["wss", "ws"])).exactOptional()
    .describe("Feed → address in place of the feed file's"),
  connects: z.record(z.string(), CONNECTS).exactOptional()
    .describe("Feed → how often its address may be connected to, in place of the venue's limit"),
  credentials: z.record(z.string(), CREDENTIALS).exactOptional()
    .describe("Feed → credential field → reference $key:name.field"),
});

/** A deployment. */
export type Environment = z.output<typeof ENVIRONMENT_FILE>;
/** Storage settings. */
export type StorageSpec = Environment["storage"];
/** Cache settings of the gateway. */
export type CacheSpec = Environment["cache"];

export type { SchedulerSpec } from "./environment_scheduler.ts";
export type { GatewaySpec } from "./environment_gateway.ts";
export type { KeySpec } from "./environment_key.ts";
