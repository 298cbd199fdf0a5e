import { ConfigError, suggestion } from "@ssmd/runtime";
import { type DeployedStorage, deployedStorage, storageReferences } from "./deployed_storage.ts";
import { agentKeyReferences, type DeployedAgents, deployedAgents } from "./deployed_agents.ts";
import { type DeployedIssues, deployedIssues } from "./deployed_issues.ts";
import { type DeployedCache, deployedCache } from "./deployed_cache.ts";
import type { Environment } from "./environment.ts";
import { type CaptureLocation, type FeedVersion, versionOn } from "./feed.ts";
import { type KeyAccess, reported } from "./key_access.ts";
import { type CredentialsReader, credentialsReader, KEY_SOURCES } from "./credentials_reader.ts";
import { loadRotations, type Rotations } from "./key_age.ts";
import { keysOfReferences, type ResolvedKeys, resolveKeys } from "./keys.ts";
import { findRegistry } from "./find_registry.ts";
import { loadEnvironment, loadFeed } from "./registry.ts";
import { symbolsOfShard } from "./shards.ts";

/** A market as a connector asks for it. */
export interface DeployedSymbol {
  /** Ours. */
  symbol: string;
  /** The venue's. */
  external: string;
  /** Levels a side where the venue asks for it. */
  depth?: number;
}

/** What our own simulators allow. */
export const SIMULATOR_CONNECTS = { burst: 100_000, refillMs: 1 } as const;

/** A feed of an environment, resolved. */
interface DeployedFeed {
  /** Its id. */
  feed: string;
  /** Address: the environment's, else that of the feed file's version of today. */
  endpoint: string;
  /** Address of its REST, at the endpoint where the environment names one; absent = not asked. */
  rest?: string;
  /** Normalizer that reads it, as the version of today names it. */
  parser: string;
  /** Most symbols that one connection subscribes, as the version of today says. */
  symbolsPerConnection: number;
  /** Frames that the venue takes of a connection in a time; absent = it names no limit. */
  sendRate?: { requests: number; perMs: number };
  /** Its markets in this environment. */
  symbols: DeployedSymbol[];
  /**
   * Reads the credentials by field from where its keys are now; empty where the feed needs none, and
   * where the component does not sign in. Rejects as {@linkcode loadDeployment} does.
   */
  credentials: CredentialsReader;
  /** How often its address may be connected to; absent = as the venue says. */
  connects?: { burst: number; refillMs: number };
  /** Where it is captured, and by which clock; absent where the environment does not say. */
  captureLocation?: CaptureLocation;
}

/** The bus with its credentials in place of references. */
type DeployedTransport = { type: "memory" } | {
  type: "nats";
  url: string[];
  stream: { maxBytes?: number; maxAgeMs?: number };
  /** Those of the environment. */
  shards: string[];
  credentials?: Record<string, string>;
  /** Reads them from where their keys are now. */
  readCredentials?: CredentialsReader;
};

/** An environment with everything that its components need to start. */
export interface Deployment {
  /** As its file tells it. */
  environment: Environment;
  /** Reads the file again. Rejects with a ConfigError where it is wrong by then. */
  readEnvironment: () => Promise<Environment>;
  /** The shard that the component is of; undefined = of none. */
  shard: string | undefined;
  /** The bus, with credentials. */
  transport: DeployedTransport;
  /** Where files go, with credentials. */
  storage: DeployedStorage;
  /** Where the gateway keeps what can be read again; with credentials where `usesCache`. */
  cache: DeployedCache;
  /** Where issues go that clients report; undefined = nowhere, or not of those who `sendsIssues`. */
  issues: DeployedIssues | undefined;
  /** Which model agents ask; undefined = none, or not of those who `usesModel`. */
  agents: DeployedAgents | undefined;
  /** When its keys were rotated, for {@linkcode exportKeyAges}. */
  rotations: Rotations;
  /** Folder of the spools; beside the archive where that is local. */
  dataDir: string;
  /** A feed; `feeds` says which there are. Throws ConfigError `FEED_UNKNOWN`. */
  feed(id: string): DeployedFeed;
}

/** Options of {@linkcode loadDeployment}. */
interface DeploymentOptions {
  /** Name of the environment. */
  env: string;
  /** Registry folder; default: found upward from the working directory. */
  registryDir?: string;
  /** Folder of archive and spools in place of the environment's. */
  dataDir?: string;
  /**
   * Feeds at whose venues the component signs in: of all others no key is resolved, nor has to be
   * there. Default all that are not simulated.
   */
  signsInto?: (environment: Environment) => readonly string[];
  /** The shard that it is of, whose symbols alone its feeds have; default none. */
  shard?: string | undefined;
  /** Whether it opens the cache, whose keys have to be there then; default false. */
  usesCache?: boolean;
  /** Whether it hands on what clients report, whose keys have to be there then; default false. */
  sendsIssues?: boolean;
  /** Whether it asks the language model, whose key has to be there then; default false. */
  usesModel?: boolean;
  /** Told that the keys of an environment that has some were read, or were refused. */
  onKeyAccess?: (environment: Environment, access: KeyAccess) => Promise<void>;
}

const DEFAULT_DATA_DIR = "./data";

/**
 * Loads an environment and resolves the keys that the component needs. Throws ConfigError with all findings when a file is
 * wrong, and `KEY_MISSING` when a key is not there.
 */
export async function loadDeployment(options: DeploymentOptions): Promise<Deployment> {
  const dir = options.registryDir ?? await findRegistry(Deno.cwd());
  const environment = await loadEnvironment(dir, options.env);
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
    feeds.set(id, { ...await deployedFeed(dir, { ...environment, symbols }, id), credentials });
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

/** Throws ConfigError `SHARD_UNKNOWN` for a shard that the environment has not. */
function assertShard({ name, shards = {} }: Environment, shard: string | undefined): void {
  if (shard === undefined || Object.hasOwn(shards, shard)) return;
  const names = Object.keys(shards);
  throw new ConfigError("SHARD_UNKNOWN", `Environment ${name} has no shard "${shard}"`, {
    hint: names.length === 0
      ? "It has no shards: leave SHARD_ID and --shard out"
      : suggestion(shard, names),
  });
}

/** Folder of the spools: the one that is named, else beside the archive where that is local. */
export function dataDirOf({ storage }: Environment, named?: string): string {
  return named ?? (storage.type === "local" ? storage.path : DEFAULT_DATA_DIR);
}

/** The file in which the gateway of an environment keeps what clients report. */
export function feedbackPath({ name }: Environment, dataDir: string): string {
  return `${dataDir}/feedback/${name}.sqlite`;
}

/** The file in which the agents of an environment keep their threads. */
export function agentStorePath({ name }: Environment, dataDir: string): string {
  return `${dataDir}/agents/${name}.sqlite`;
}

/** A deployment whose bus other processes reach. */
type SharedDeployment = Deployment & {
  transport: Exclude<DeployedTransport, { type: "memory" }>;
};

/**
 * Loads the deployment of a component that runs in a process of its own. Throws as
 * {@linkcode loadDeployment} does, and ConfigError `TRANSPORT_NOT_SHARED` for the memory transport.
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

/** The keys of the bus, the storage, the cache and of the feeds that are signed into. */
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

async function deployedFeed(
  dir: string,
  environment: Environment,
  id: string,
): Promise<Omit<DeployedFeed, "credentials">> {
  const today = new Date().toISOString().slice(0, 10);
  const file = await loadFeed(dir, id);
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

/** The path of a REST at the host of a WebSocket: a test system or a simulator has both on one. */
export function restBeside(endpoint: string, rest: string): string {
  return new URL(new URL(rest).pathname, endpoint.replace(/^ws/, "http")).href.replace(/\/$/, "");
}

function sendRateOf({ rate_limit }: FeedVersion): Pick<DeployedFeed, "sendRate"> {
  if (rate_limit === undefined) return {};
  return { sendRate: { requests: rate_limit.requests, perMs: rate_limit.per } };
}

/** A simulator of our own takes as many connections as come. */
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
