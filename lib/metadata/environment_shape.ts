import { z } from "zod";
import type { Environment, KeyReference, KeySpec } from "./environment.ts";
import {
  address,
  camelKeys,
  durationMs,
  fields,
  nameText,
  oneOf,
  plainText,
  port,
  sizeBytes,
  text,
  timeOfDay,
  timezone,
} from "./shape.ts";

const keyReference: z.ZodType<KeyReference> = text(
  /^\$key:[\w-]+\.[\w-]+$/,
  "a reference $key:name.field; values of secrets never stand in files",
) as z.ZodType<string> as z.ZodType<KeyReference>;

const keyFieldText = text(/^[a-z][a-z0-9_]*$/, "a name of lower-case letters, digits and _");

const keySource = text(
  /^(env|file:.+|mount:.+|sealed-secret\/[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)$/,
  '"env" (variables SSMD_KEY_<NAME>_<FIELD>), "file:<path>", "mount:<dir>" or "sealed-secret/<name>"',
) as z.ZodType<string> as z.ZodType<KeySpec["source"]>;

const key = fields({
  type: z.enum(["api_key", "transport", "storage", "database", "tls", "webhook"]),
  fields: z.array(keyFieldText).min(1),
  required: z.boolean().default(true),
  source: keySource,
  rotation_days: z.int().min(1).max(3650).exactOptional(),
}).transform(camelKeys);

const symbol = fields({
  feed: plainText,
  external: plainText,
  tier: z.int().min(1).max(9).exactOptional(),
  depth: z.int().min(1).exactOptional(),
});

const credentials = z.record(z.string(), keyReference);

const nats = fields({
  type: z.literal("nats"),
  url: address(["nats", "tls"]),
  max_bytes: sizeBytes.exactOptional(),
  max_age: durationMs.exactOptional(),
  credentials: credentials.exactOptional(),
}).transform(({ max_bytes, max_age, ...rest }) => ({
  ...rest,
  ...(max_bytes === undefined ? {} : { maxBytes: max_bytes }),
  ...(max_age === undefined ? {} : { maxAgeMs: max_age }),
}));

const memory = fields({ type: z.literal("memory") });

const transport = oneOf([memory, nats], {
  aeron: '"aeron" is a reserved name and not built yet; allowed: memory, nats',
  chronicle: '"chronicle" is a reserved name and not built yet; allowed: memory, nats',
});

const storage = oneOf([
  memory,
  fields({ type: z.literal("local"), path: plainText }),
  fields({
    type: z.literal("s3"),
    endpoint: address(["https", "http"]),
    region: plainText,
    buckets: fields({ raw: plainText, normalized: plainText }),
    path_style: z.boolean().exactOptional(),
    credentials: credentials.exactOptional(),
  }).transform(({ path_style, ...rest }) => ({
    ...rest,
    ...(path_style === undefined ? {} : { pathStyle: path_style }),
  })),
]);

const cache = oneOf([
  fields({ type: z.literal("none") }),
  memory,
  fields({ type: z.literal("redis"), url: address(["redis", "rediss"]) }),
]);

const journal = oneOf([
  memory,
  fields({ type: z.literal("file"), path: plainText }),
  fields({ type: z.literal("nats") }),
]);

const slowClients = fields({
  policy: z.enum(["drop_newest", "drop_oldest", "conflate", "disconnect"]).exactOptional(),
  buffer_bytes: z.int().min(65_536).max(1_073_741_824).exactOptional(),
  buffer_messages: z.int().min(100).max(10_000_000).exactOptional(),
  disconnect_after_s: z.int().min(1).max(86_400).exactOptional(),
}).transform(({ policy, buffer_bytes, buffer_messages, disconnect_after_s }) => ({
  ...(policy === undefined ? {} : { policy }),
  ...(buffer_bytes === undefined ? {} : { bufferBytesMax: buffer_bytes }),
  ...(buffer_messages === undefined ? {} : { bufferMessagesMax: buffer_messages }),
  ...(disconnect_after_s === undefined ? {} : { droppingMsMax: disconnect_after_s * 1000 }),
}));

const gateway = fields({
  host: plainText.exactOptional(),
  port,
  auth: z.enum(["open", "required"]).default("open"),
  open_to_network: z.boolean().exactOptional(),
  allowed_hosts: z.array(text(/^[A-Za-z0-9][A-Za-z0-9.-]*$/, "a host's name, without a port"))
    .max(100).exactOptional(),
  allowed_origins: z.array(
    text(/^https?:\/\/[A-Za-z0-9.\-:[\]]+$/, "an origin: https://desk.example, without a path"),
  ).max(100).exactOptional(),
  clients: oneOf([fields({ type: z.literal("sqlite"), path: plainText })], {
    postgres: '"postgres" is a reserved name and not built yet; allowed: sqlite',
  }).exactOptional(),
  slow_clients: slowClients.exactOptional(),
}).transform(({ open_to_network, allowed_hosts, allowed_origins, slow_clients, ...rest }) => ({
  ...rest,
  ...(allowed_hosts === undefined ? {} : { allowedHosts: allowed_hosts }),
  ...(allowed_origins === undefined ? {} : { allowedOrigins: allowed_origins }),
  ...(slow_clients === undefined ? {} : { slowClients: slow_clients }),
  ...(open_to_network === undefined ? {} : { openToNetwork: open_to_network }),
}));

const SCHEDULE = { timezone: "UTC", dayStart: "00:10", dayEnd: "00:00", autoRoll: true };

const schedule = fields({
  timezone: timezone.default(SCHEDULE.timezone),
  day_start: timeOfDay.default(SCHEDULE.dayStart),
  day_end: timeOfDay.default(SCHEDULE.dayEnd),
  auto_roll: z.boolean().default(SCHEDULE.autoRoll),
}).transform(camelKeys);

const keptDays = z.int().min(1).max(36_500).exactOptional();

const retention = fields({ raw_days: keptDays, normalized_days: keptDays }).transform(camelKeys);

const simulator = fields({
  seed: z.int().min(0).exactOptional(),
  rate: z.number().gt(0).max(1_000_000).exactOptional(),
  ports: z.record(z.string(), port).exactOptional(),
});

/** Shape of an environment file. */
export const environmentShape: z.ZodType<Environment> = fields({
  name: nameText,
  location: nameText.exactOptional(),
  keys: z.record(text(/^[a-z][a-z0-9_-]*$/, "a key's name: a-z 0-9 _ -"), key).default({}),
  feeds: z.array(plainText).min(1),
  schema: plainText,
  symbols: z.record(
    text(/^[A-Za-z0-9][\w\-./:%+]*$/, "a symbol: letters, digits and _ - . / : % +, no spaces"),
    symbol,
  ),
  transport,
  storage,
  cache: cache.default({ type: "memory" }),
  journal: journal.default({ type: "memory" }),
  gateway: gateway.default({ port: 8080, auth: "open" }),
  schedule: schedule.default(SCHEDULE),
  retention: retention.exactOptional(),
  simulator: simulator.exactOptional(),
  endpoints: z.record(z.string(), address(["wss", "ws"])).exactOptional(),
  credentials: z.record(z.string(), credentials).exactOptional(),
});
