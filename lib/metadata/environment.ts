/** A reference to a field of a key, `$key:name.field`; never a value. */
export type KeyReference = `$key:${string}.${string}`;

/** What a key is for. */
export type KeyType = "api_key" | "transport" | "storage" | "database" | "tls" | "webhook";

/**
 * Where the values of a key are: `env` = variables `SSMD_KEY_<NAME>_<FIELD>`; `file:<path>` = a YAML or
 * JSON file; `mount:<dir>` = a folder with a file a field, as Kubernetes mounts a secret;
 * `sealed-secret/<name>` = a SealedSecret in git, whose secret the cluster mounts.
 */
export type KeySource =
  | "env"
  | `file:${string}`
  | `mount:${string}`
  | `sealed-secret/${string}`;

/** A secret that the environment needs, and where it comes from. */
export interface KeySpec {
  /** What it is for. */
  type: KeyType;
  /** Names of its parts, `key_id`, `private_key`. */
  fields: string[];
  /** Whether components refuse to start without it. */
  required: boolean;
  /** Where its values are. */
  source: KeySource;
  /** How old it may become. */
  rotationDays?: number;
}

/** A market to be captured; its key in the environment is our name for it. */
export interface SymbolEntry {
  /** The feed that brings it. */
  feed: string;
  /** The venue's name. */
  external: string;
  /** Attribute for shards; 1 = most important. */
  tier?: number;
  /** Levels a side of the order book, where the venue asks for it. */
  depth?: number;
}

/** The message bus. */
export type TransportSpec =
  | { type: "memory" }
  | {
    type: "nats";
    /** `nats://host:port`, several with commas. */
    url: string;
    /** Largest stream; the oldest messages leave. */
    maxBytes?: number;
    /** Oldest message; default of the driver 24 h. */
    maxAgeMs?: number;
    /** Field → reference: `user` and `password`, or `token`. */
    credentials?: Record<string, KeyReference>;
  };

/** Where files go. */
export type StorageSpec =
  | { type: "memory" }
  | { type: "local"; path: string }
  | {
    type: "s3";
    endpoint: string;
    region: string;
    /** Of raw and normalized files; one name for both puts them into one bucket. */
    buckets: { raw: string; normalized: string };
    /** `endpoint/bucket/key` (true) or `bucket.endpoint/key` (false); default true but for AWS. */
    pathStyle?: boolean;
    /** Field → reference: `access_key` and `secret_key`; `session_token` of temporary ones. */
    credentials?: Record<string, KeyReference>;
  };

/** Where the newest values are kept. */
export type CacheSpec = { type: "none" } | { type: "memory" } | { type: "redis"; url: string };

/** Where operations are recorded. */
export type JournalSpec = { type: "memory" } | { type: "file"; path: string } | { type: "nats" };

/** Who may read from the gateway: `open` = everyone who reaches it, `required` = who has a key. */
export type GatewayAuth = "open" | "required";

/** Where clients connect, and who they have to be. */
export interface GatewaySpec {
  /** Interface to listen on; default 127.0.0.1, which only this machine reaches. */
  host?: string;
  port: number;
  auth: GatewayAuth;
  /** Says that `auth: open` is meant for everyone who reaches a host that is not loopback. */
  openToNetwork?: boolean;
  /** Names by which a gateway without keys may be called (`Host`), besides loopback and `host`. */
  allowedHosts?: string[];
  /** Origins whose pages may ask a gateway without keys: `https://desk.example`. */
  allowedOrigins?: string[];
  /** Where clients and their keys are kept; default the file `clients/<environment>.sqlite` beside the spools. */
  clients?: { type: "sqlite"; path: string };
  /** What happens to clients that do not read fast enough; what is absent is the gateway's default. */
  slowClients?: SlowClientsSpec;
}

/** How a gateway treats clients that do not read fast enough. */
export interface SlowClientsSpec {
  /** For clients that do not choose one themselves. */
  policy?: "drop_newest" | "drop_oldest" | "conflate" | "disconnect";
  /** Bytes that may wait for one client. */
  bufferBytesMax?: number;
  /** Messages that may wait for one client. */
  bufferMessagesMax?: number;
  /** Milliseconds of dropping after which a client is disconnected. */
  droppingMsMax?: number;
}

/** When a market day begins and ends. */
export interface ScheduleSpec {
  /** IANA name. */
  timezone: string;
  /** `HH:MM` */
  dayStart: string;
  /** `HH:MM` */
  dayEnd: string;
  /** Whether days roll by themselves. */
  autoRoll: boolean;
}

/** How long archived days are kept; absent = for ever. */
export interface RetentionSpec {
  /** Days of raw files, counted from the day's end. */
  rawDays?: number;
  /** Days of normalized records. */
  normalizedDays?: number;
}

/** Feeds served by the simulator on loopback in place of the venues. */
export interface SimulatorSpec {
  /** Same seed, same market. */
  seed?: number;
  /** Frames per second and feed. */
  rate?: number;
  /** Fixed port a feed; absent = any free one. */
  ports?: Record<string, number>;
}

/** A deployment, as its file in `exchanges/environments/` tells it. */
export interface Environment {
  /** The file's name; first token of all subjects. */
  name: string;
  /** Where it captures: one of `capture_locations` of each of its feeds; absent = not said. */
  location?: string;
  /** Feeds in use. */
  feeds: string[];
  /** Version of the record schemas, `v1`. */
  schema: string;
  /** Key name → what it is and where it comes from. */
  keys: Record<string, KeySpec>;
  /** Our symbol → market. */
  symbols: Record<string, SymbolEntry>;
  /** The message bus. */
  transport: TransportSpec;
  /** Where files go. */
  storage: StorageSpec;
  /** Where the newest values are kept. */
  cache: CacheSpec;
  /** Where operations are recorded. */
  journal: JournalSpec;
  /** Where clients connect. */
  gateway: GatewaySpec;
  /** When days begin and end. */
  schedule: ScheduleSpec;
  /** How long archived days are kept; absent = for ever. */
  retention?: RetentionSpec;
  /** Present = these feeds are simulated on loopback and need no credentials. */
  simulator?: SimulatorSpec;
  /** Feed → address in place of the feed file's. */
  endpoints?: Record<string, string>;
  /** Feed → credential field → reference. */
  credentials?: Record<string, Record<string, KeyReference>>;
}
