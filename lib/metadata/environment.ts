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
  feed: plainText.describe("Feed of the market"),
  external: plainText.describe("The venue's name of the market"),
  depth: z.int().min(1).exactOptional()
    .describe("Levels per side of the order book, for venues where it can be requested"),
}).catchall(ATTRIBUTE);

/** Built-in fields of a symbol, as opposed to attributes. */
export const SYMBOL_FIELDS: readonly string[] = Object.keys(SYMBOL.shape);

const SELECTOR = fields({
  feed: plainText.describe("Feed of the markets"),
  series: plainText.exactOptional().describe("Series of the markets, like KXBTC15M"),
  group: plainText.exactOptional().describe("Event of the markets"),
  base: plainText.exactOptional().describe("Base asset, like BTC"),
  quote: plainText.exactOptional().describe("Quote asset, like USD"),
  status: z.enum(["active", "open"]).default("active").describe(
    "active = from the creation of a market until it is settled; open = while it trades",
  ),
  depth: z.int().min(1).exactOptional()
    .describe("Levels per side of the order books, for venues where it can be requested"),
});

const MEMORY = fields({
  type: z.literal("memory").describe("In memory; lost when the process ends"),
});

const TRANSPORT = oneOf([
  MEMORY,
  fields({
    type: z.literal("nats").describe("NATS JetStream"),
    url: address(["nats", "tls"]).describe("nats://host:port, several separated by commas"),
    max_bytes: size.exactOptional()
      .describe("Maximum size of a stream, like 4GiB; the oldest messages are removed"),
    max_age: duration.exactOptional().describe("Maximum age of a message, like 24h; absent = 24h"),
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
    type: z.literal("local").describe("Folder of this machine"),
    path: plainText.describe("Path of the folder; spools are stored in it, too"),
  }),
  fields({
    type: z.literal("s3").describe("Object store"),
    endpoint: address(["https", "http"]).describe("Address of the store"),
    region: plainText.describe("Region, like us-east-1"),
    buckets: fields({
      raw: plainText.describe("Bucket of raw files"),
      normalized: plainText.describe("Bucket of normalized files; may be the same"),
    }).describe("Buckets by kind of files"),
    path_style: z.boolean().exactOptional().describe(
      "endpoint/bucket/key (true) or bucket.endpoint/key (false); absent = true, except at AWS",
    ),
    credentials: CREDENTIALS.exactOptional().describe(
      "access_key and secret_key, and the session_token of temporary ones → reference " +
        "$key:name.field",
    ),
  }),
]);

const CACHE = oneOf([
  fields({ type: z.literal("none").describe("No cache: the source is read each time") }),
  fields({
    type: z.literal("memory").describe("In memory; lost when the process ends"),
    max_bytes: size.exactOptional()
      .describe("Maximum size of keys and values, like 64MiB; the least recently used are evicted"),
  }),
  fields({
    type: z.literal("redis").describe("A Redis shared by several gateways"),
    url: address(["redis", "rediss"]).describe("redis://host:port/database, rediss:// with TLS"),
    credentials: CREDENTIALS.exactOptional()
      .describe("password, and the user of an access list → reference $key:name.field"),
  }),
]);

const JOURNAL = oneOf([
  MEMORY,
  fields({
    type: z.literal("file").describe("Folder of this machine"),
    path: plainText.describe("Path of the folder"),
  }),
  fields({
    type: z.literal("nats").describe("A separate stream on the bus, from which nothing is removed"),
  }),
]);

const keptDays = z.int().min(1).max(36_500).exactOptional();

const RETENTION = fields({
  raw_days: keptDays.describe("Retention of raw files, days from the day's end"),
  normalized_days: keptDays.describe("Retention of normalized records, days"),
});

const SCHEDULE = fields({
  timezone: timezone.exactOptional().describe(
    "Time zone of day_end, like America/New_York; absent = UTC",
  ),
  day_end: timeOfDay.exactOptional()
    .describe("Time at which finished days are sealed and checked, HH:MM; absent = 00:10"),
  auto_roll: z.boolean().exactOptional()
    .describe(
      "Whether finished days are sealed and checked automatically; absent = true, false = only " +
        "on request",
    ),
});

const SIMULATOR = fields({
  seed: z.int().min(0).exactOptional().describe("The same seed gives the same market"),
  rate: z.number().gt(0).max(1_000_000).exactOptional()
    .describe("Market events per second and feed"),
  rolls: z.record(z.string(), duration).exactOptional()
    .describe("Kalshi: series whose markets succeed each other → how long each is open"),
  ports: z.record(z.string(), port).exactOptional()
    .describe("Feed → fixed port; absent = any free one"),
});

const CONNECTS = fields({
  burst: z.int().min(1).max(100_000).describe("Number of connections that may be opened at once"),
  refill: duration.describe("Time until one more connection is allowed"),
});

const symbolName = text(
  /^[A-Za-z0-9][\w\-./:%+]*$/,
  "a symbol: letters, digits and _ - . / : % +, no spaces",
);

const SIGNAL = fields({
  params: z.record(z.string(), z.union([z.number(), z.boolean(), z.string()])).exactOptional()
    .describe("Values of its parameters by name; absent = the author's defaults"),
  enabled: z.boolean().exactOptional().describe("Whether it runs; absent = true"),
});

const signalName = text(
  /^[a-z][a-z0-9_-]{0,62}$/,
  "the name of a signal's file without .ts: lower-case letters, digits, _ and -",
);

/** Environment file, `environments/<name>.yaml`: the single source of truth for a deployment. */
export const ENVIRONMENT_FILE = fields({
  name: nameText.describe(
    "Name of the environment, the same as the file's; first token of all subjects",
  ),
  location: nameText.exactOptional().describe(
    "Capture location: one of capture_locations of each of its feeds; absent = unspecified",
  ),
  keys: KEYS.default({}).describe("Secrets by name: their purpose and source"),
  feeds: z.array(plainText).min(1).describe("Ids of the feeds in use"),
  schema: plainText.describe("Version of the record schemas, v1"),
  symbols: z.record(symbolName, SYMBOL).describe("Our name of a market → its mapping at the venue"),
  shards: SHARDS.exactOptional()
    .describe("Parts of the markets, each with its own processes; absent = no shards"),
  select: z.array(SELECTOR).exactOptional().describe(
    "Rules that select markets of the security master, in addition to symbols; markets are " +
      "added as they appear and removed as they end",
  ),
  transport: TRANSPORT.describe("The message bus"),
  storage: STORAGE.describe("Storage of files"),
  durability: z.enum(["spool", "bus"]).exactOptional().describe(
    "When a record is published to the bus: spool = after its frame is on disk; bus = " +
      "milliseconds earlier, so a power cut may lose frames of published records, which is " +
      "then recorded as a gap; absent = spool",
  ),
  cache: CACHE.default({ type: "memory" })
    .describe("Cache of the gateway for data that can be read again; the gateway works without it"),
  journal: JOURNAL.default({ type: "memory" }).describe("Journal of operations"),
  gateway: GATEWAY.default({ port: 8080, auth: "open" }).describe(
    "Gateway to which clients connect",
  ),
  agents: AGENTS.exactOptional()
    .describe("Language model of the agents; absent = no agent runs"),
  retention: RETENTION.exactOptional()
    .describe("How long archived days are kept; absent = for ever"),
  schedule: SCHEDULE.exactOptional()
    .describe("When days are ended; absent = at 00:10 UTC, automatically"),
  scheduler: SCHEDULER.exactOptional()
    .describe("Scheduler of jobs; absent = embedded"),
  simulator: SIMULATOR.exactOptional().describe(
    "Simulated feeds, which run on loopback and need no credentials; absent = none",
  ),
  signals: z.record(signalName, SIGNAL).default({})
    .describe("Signals by file name: whether they run, and their parameters"),
  enrich: ENRICH.exactOptional().describe(
    "Enrichers, which compute values beside records, in order; absent = none",
  ),
  endpoints: z.record(z.string(), address(["wss", "ws"])).exactOptional()
    .describe("Feed → address that replaces the feed file's"),
  connects: z.record(z.string(), CONNECTS).exactOptional()
    .describe("Feed → connection rate limit that replaces the venue's"),
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
