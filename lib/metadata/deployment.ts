import { ConfigError, suggestion } from "@ssmd/runtime";
import { type DeployedStorage, deployedStorage, storageReferences } from "./deployed_storage.ts";
import { agentKeyReferences, type DeployedAgents, deployedAgents } from "./deployed_agents.ts";
import { type DeployedIssues, deployedIssues } from "./deployed_issues.ts";
import { type DeployedCache, deployedCache } from "./deployed_cache.ts";
import type { Environment } from "./environment.ts";
import { type CaptureLocation, type Feed, type FeedVersion, versionOn } from "./feed.ts";
import { type KeyAccess, reported } from "./key_access.ts";
import { type CredentialsReader, credentialsReader, KEY_SOURCES } from "./credentials_reader.ts";
import { loadRotations, type Rotations } from "./key_age.ts";
import { keysOfReferences, type ResolvedKeys, resolveKeys } from "./keys.ts";
import { findRegistry } from "./find_registry.ts";
import { loadEnvironment, loadEnvironmentAndFeeds } from "./registry.ts";
import { symbolsOfShard } from "./shards.ts";

/** A market to subscribe. */
export interface DeployedSymbol {
  /** Our symbol. */
  symbol: string;
  /** The venue's symbol. */
  external: string;
  /** Levels per side, if the venue needs it. */
  depth?: number;
}

/** Connection limit of our own simulators. */
export const SIMULATOR_CONNECTS = { burst: 100_000, refillMs: 1 } as const;

/** A feed of an environment, resolved. */
interface DeployedFeed {
  /** Feed id. */
  feed: string;
  /** Endpoint: the environment's, else that of the feed's current version. */
  endpoint: string;
  /** REST address, on the environment's endpoint if it names one; absent = REST is not used. */
  rest?: string;
  /** Normalizer id of the current version. */
  parser: string;
  /** Maximum symbols per connection of the current version. */
  symbolsPerConnection: number;
  /** The venue's rate limit for sent messages per connection; absent = none. */
  sendRate?: { requests: number; perMs: number };
  /** Its markets in this environment. */
  symbols: DeployedSymbol[];
  /**
   * Reads the current credentials by field; empty when the feed needs none or the component does
   * not sign in. Rejects like {@linkcode loadDeployment}.
   */
  credentials: CredentialsReader;
  /** Connection rate limit of its address; absent = the venue's. */
  connects?: { burst: number; refillMs: number };
  /** Capture location and its clock; absent when the environment names none. */
  captureLocation?: CaptureLocation;
}

/** Bus settings, with resolved credentials. */
type DeployedTransport = { type: "memory" } | {
  type: "nats";
  url: string[];
  stream: { maxBytes?: number; maxAgeMs?: number };
  /** Shards of the environment. */
  shards: string[];
  credentials?: Record<string, string>;
  /** Re-reads the current credentials. */
  readCredentials?: CredentialsReader;
};

/** An environment with everything its components need to start. */
export interface Deployment {
  /** Content of the environment file. */
  environment: Environment;
  /** Re-reads the file. Rejects with a ConfigError when it has become invalid. */
  readEnvironment: () => Promise<Environment>;
  /** Shard of the component; undefined = none. */
  shard: string | undefined;
  /** Bus settings, with credentials. */
  transport: DeployedTransport;
  /** File storage, with credentials. */
  storage: DeployedStorage;
  /** The gateway's cache; with credentials if `usesCache`. */
  cache: DeployedCache;
  /** Issue tracker for client reports; undefined = none, or without `sendsIssues`. */
  issues: DeployedIssues | undefined;
  /** Agents and their model; undefined = none, or without `usesModel`. */
  agents: DeployedAgents | undefined;
  /** Rotation times of its keys, for {@linkcode exportKeyAges}. */
  rotations: Rotations;
  /** Folder of the spools; next to a local archive. */
  dataDir: string;
  /** Returns a feed by id; `environment.feeds` lists the ids. Throws ConfigError `FEED_UNKNOWN`. */
  feed(id: string): DeployedFeed;
}

/** Options of {@linkcode loadDeployment}. */
interface DeploymentOptions {
  /** Name of the environment. */
  env: string;
  /** Registry folder; default: searched upward from the working directory. */
  registryDir?: string;
  /** Folder of archive and spools that overrides the environment's. */
  dataDir?: string;
  /**
   * Feeds whose venues the component signs in to; keys of other feeds are not resolved and may be
   * missing. Default: all feeds that are not simulated.
   */
  signsInto?: (environment: Environment) => readonly string[];
  /** Shard of the component; limits its feeds to the shard's symbols. Default: none. */
  shard?: string | undefined;
  /** Whether it uses the cache, whose keys must then exist; default: false. */
  usesCache?: boolean;
  /** Whether it forwards client reports, whose keys must then exist; default: false. */
  sendsIssues?: boolean;
  /** Whether it calls the language model, whose key must then exist; default: false. */
  usesModel?: boolean;
  /** Called when the environment's keys were read or rejected, if it has any. */
  onKeyAccess?: (environment: Environment, access: KeyAccess) => Promise<void>;
}

const DEFAULT_DATA_DIR = "./data";

/**
 * Loads an environment and resolves the keys the component needs. Throws ConfigError with all
 * findings of invalid files, and `KEY_MISSING`.
 */
export async function loadDeployment(options: DeploymentOptions): Promise<Deployment> {
  const dir = options.registryDir ?? await findRegistry(Deno.cwd());
  const { environment, feeds: files } = await loadEnvironmentAndFeeds(dir, options.env);
  const { shard } = options;
  assertShard(environment, shard);
  const symbols = symbolsOfShard(environment, shard);
  const signed = (options.signsInto ?? liveFeeds)(environment);
  const keys = await keysOf(environment, signed, options);
  const feeds = new Map<string, DeployedFeed>();
  const { onKeyAccess: onAccess } = options;
  const read = (references: Record<string, string> = {}) =>
    credentialsReader({ environment, references, keys, onAccess });
  for (const id of environment.feeds) {
    const credentials = signed.includes(id)
      ? read(environment.credentials?.[id])
      : () => Promise.resolve({});
    const file = files.get(id) as Feed;
    feeds.set(id, { ...deployedFeed(dir, { ...environment, symbols }, file), credentials });
  }
  const dataDir = dataDirOf(environment, options.dataDir);
  return {
    environment,
    readEnvironment: () => loadEnvironment(dir, options.env),
    shard,
    transport: deployedTransport(environment, keys, read),
    storage: deployedStorage(environment.storage, keys, { dataDir, read }),
    cache: deployedCache(environment.cache, options.usesCache ? keys : undefined, read),
    issues: deployedIssues(environment.gateway.issues, options.sendsIssues ? keys : undefined),
    agents: deployedAgents(environment.agents, options.usesModel ? keys : undefined),
    rotations: await loadRotations(dir, environment.name),
    dataDir,
    feed: (id) => {
      const found = feeds.get(id);
      if (found) return found;
      throw new ConfigError("FEED_UNKNOWN", `Environment ${environment.name} has no feed "${id}"`, {
        hint: `It has: ${environment.feeds.join(", ")}`,
      });
    },
  };
}

/** Throws ConfigError `SHARD_UNKNOWN` for an unknown shard. */
function assertShard({ name, shards = {} }: Environment, shard: string | undefined): void {
  if (shard === undefined || Object.hasOwn(shards, shard)) return;
  const names = Object.keys(shards);
  throw new ConfigError("SHARD_UNKNOWN", `Environment ${name} has no shard "${shard}"`, {
    hint: names.length === 0
      ? "It has no shards: leave SHARD_ID and --shard out"
      : suggestion(shard, names),
  });
}

/** Returns the spool folder: the given one, else next to a local archive. */
export function dataDirOf({ storage }: Environment, named?: string): string {
  return named ?? (storage.type === "local" ? storage.path : DEFAULT_DATA_DIR);
}

/** Returns the gateway's database file of client reports. */
export function feedbackPath({ name }: Environment, dataDir: string): string {
  return `${dataDir}/feedback/${name}.sqlite`;
}

/** Returns the agents' database file of threads. */
export function agentStorePath({ name }: Environment, dataDir: string): string {
  return `${dataDir}/agents/${name}.sqlite`;
}

/** A deployment with a bus that other processes can reach. */
type SharedDeployment = Deployment & {
  transport: Exclude<DeployedTransport, { type: "memory" }>;
};

/**
 * Loads the deployment of a component in its own process. Throws like {@linkcode loadDeployment},
 * and ConfigError `TRANSPORT_NOT_SHARED` for the memory transport.
 */
export async function loadSharedDeployment(options: DeploymentOptions): Promise<SharedDeployment> {
  const deployment = await loadDeployment(options);
  const { transport } = deployment;
  if (transport.type !== "memory") return { ...deployment, transport };
  const { name } = deployment.environment;
  throw new ConfigError("TRANSPORT_NOT_SHARED", `Environment ${name} has the memory transport`, {
    hint: "A component alone needs a bus that others reach: run `up`, or use demo-nats",
  });
}

function liveFeeds({ simulator, feeds }: Environment): readonly string[] {
  return simulator === undefined ? feeds : [];
}

/** Resolves the keys of all parts that the component uses, and of the feeds to sign in to. */
async function keysOf(
  environment: Environment,
  signed: readonly string[],
  { usesCache, sendsIssues, usesModel, onKeyAccess }: DeploymentOptions,
): Promise<ResolvedKeys> {
  const { transport, storage, cache, gateway, credentials = {} } = environment;
  const needed = keysOfReferences(environment, [
    ...transport.type === "nats" ? Object.values(transport.credentials ?? {}) : [],
    ...storageReferences(storage),
    ...usesCache && cache.type === "redis" ? Object.values(cache.credentials ?? {}) : [],
    ...usesModel && environment.agents ? agentKeyReferences(environment.agents) : [],
    ...sendsIssues ? Object.values(gateway.issues?.credentials ?? {}) : [],
    ...signed.flatMap((feed) => Object.values(credentials[feed] ?? {})),
  ]);
  const resolve = () => resolveKeys({ ...environment, keys: needed }, KEY_SOURCES);
  const names = Object.keys(needed);
  if (names.length === 0 || onKeyAccess === undefined) return await resolve();
  return await reported(
    { action: "resolve", environment: environment.name, keys: names },
    (access) => onKeyAccess(environment, access),
    resolve,
  );
}

function deployedFeed(
  dir: string,
  environment: Environment,
  file: Feed,
): Omit<DeployedFeed, "credentials"> {
  const { id } = file;
  const today = new Date().toISOString().slice(0, 10);
  const version = versionOn(file, today);
  if (!version) {
    throw new ConfigError("FEED_NOT_BEGUN", `Feed ${id} has no version that holds on ${today}`, {
      hint: `See the versions in ${dir}/feeds/${id}.yaml`,
    });
  }
  const location = file.capture_locations?.find((each) => each.id === environment.location);
  return {
    feed: id,
    endpoint: environment.endpoints?.[id] ?? version.endpoint,
    ...(version.rest === undefined ? {} : {
      rest: environment.endpoints?.[id] === undefined
        ? version.rest
        : restBeside(environment.endpoints[id], version.rest),
    }),
    parser: version.parser,
    symbolsPerConnection: version.symbols_per_connection,
    ...sendRateOf(version),
    symbols: Object.entries(environment.symbols)
      .filter(([, entry]) => entry.feed === id)
      .map(([symbol, { external, depth }]) =>
        depth === undefined ? { symbol, external } : { symbol, external, depth }
      ),
    ...(location === undefined ? {} : { captureLocation: location }),
    ...connectsOf(environment, id),
  };
}

/** Returns the REST path on the WebSocket's host, as test systems and simulators have both there. */
export function restBeside(endpoint: string, rest: string): string {
  return new URL(new URL(rest).pathname, endpoint.replace(/^ws/, "http")).href.replace(/\/$/, "");
}

function sendRateOf({ rate_limit }: FeedVersion): Pick<DeployedFeed, "sendRate"> {
  if (rate_limit === undefined) return {};
  return { sendRate: { requests: rate_limit.requests, perMs: rate_limit.per } };
}

/** Our own simulator has no connection limit. */
function connectsOf(
  { connects, simulator }: Environment,
  id: string,
): Pick<DeployedFeed, "connects"> {
  const named = connects?.[id];
  if (named !== undefined) return { connects: { burst: named.burst, refillMs: named.refill } };
  return simulator === undefined ? {} : { connects: SIMULATOR_CONNECTS };
}

function deployedTransport(
  { transport: spec, shards = {} }: Environment,
  keys: ResolvedKeys,
  read: (references: Record<string, string>) => CredentialsReader,
): DeployedTransport {
  if (spec.type === "memory") return spec;
  const { type, url, max_bytes, max_age, credentials } = spec;
  const stream = {
    ...(max_bytes === undefined ? {} : { maxBytes: max_bytes }),
    ...(max_age === undefined ? {} : { maxAgeMs: max_age }),
  };
  const deployed = { type, url: url.split(","), stream, shards: Object.keys(shards) };
  if (credentials === undefined) return deployed;
  return { ...deployed, credentials: keys.values(credentials), readCredentials: read(credentials) };
}
