import { openCache } from "@ssmd/cache";
import { jobsLockPath, jobsPath, runningJobs } from "@ssmd/jobs";
import {
  agentStorePath,
  clientStorePath,
  type Deployment,
  feedbackPath,
  INSTRUMENT_STORE,
  SHARD_OWNER_STORE,
  SYMBOLS_STORE,
} from "@ssmd/metadata";
import { runningProcesses } from "@ssmd/runtime";
import { openStorage } from "@ssmd/storage";
import { findBusStreams } from "@ssmd/transport";
import { databaseParts } from "./database_parts.ts";
import { environmentRunningError, type FoundPart, type Part } from "./part.ts";

const BUS_STORES = [INSTRUMENT_STORE, SYMBOLS_STORE, SHARD_OWNER_STORE];

/** All data of an environment. */
interface EnvironmentParts extends AsyncDisposable {
  parts: Part[];
  /** Removes everything in order: bus first, so that nothing more is archived, storage, disk, cache, database. */
  remove(): Promise<void>;
}

/**
 * Finds what services created for an environment: only what carries its name, and not the journal.
 * Throws SsmdError `ENV_RUNNING` when it is running, TransportError, StorageError.
 */
export async function findParts(deployment: Deployment): Promise<EnvironmentParts> {
  const { environment: { name: env }, dataDir } = deployment;
  const [running] = await runningProcesses(dataDir, env);
  if (running !== undefined) throw environmentRunningError(env, `process ${running.pid} serves it`);
  const runner = await runningJobs(dataDir, env);
  if (runner !== undefined) throw environmentRunningError(env, `${runner} runs its jobs`);
  await using opened = new AsyncDisposableStack();
  const found = [
    ...await busParts(deployment, opened),
    ...await storageParts(deployment, opened),
    ...await diskParts(deployment),
    ...await cacheParts(deployment, opened),
    ...await databaseParts(deployment, opened),
  ];
  const kept = opened.move();
  return {
    parts: found.map(({ remove: _, ...part }) => part),
    remove: async () => {
      for (const { remove } of found) await remove();
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

async function busParts(
  { transport, environment: { name: env } }: Deployment,
  opened: AsyncDisposableStack,
): Promise<FoundPart[]> {
  if (transport.type === "memory") return [];
  const { url, credentials } = transport;
  const bus = opened.use(
    await findBusStreams({ url, env, stores: BUS_STORES, ...(credentials && { credentials }) }),
  );
  const read = bus.streams.find(({ isRead }) => isRead);
  if (read !== undefined) {
    throw environmentRunningError(env, `somebody reads the stream ${read.name}`);
  }
  const parts = bus.streams.map(({ name, messages, bytes }): Part => ({
    ...{ where: "bus", what: name, items: messages, bytes },
  }));
  // The first part removes all of them.
  return parts.map((part, i) => ({ ...part, remove: i === 0 ? bus.remove : async () => {} }));
}

async function storageParts(
  { storage: config, environment: { name: env } }: Deployment,
  opened: AsyncDisposableStack,
): Promise<FoundPart[]> {
  if (config.type === "memory") return [];
  const storage = await openStorage(config);
  opened.defer(() => storage.close());
  const parts: FoundPart[] = [];
  for (const what of [`raw/${env}/`, `normalized/${env}/`]) {
    let [items, bytes] = [0, 0];
    for await (const { size } of storage.list(what)) {
      items++;
      bytes += size;
    }
    const remove = async () => {
      for (const { key } of await Array.fromAsync(storage.list(what))) await storage.delete(key);
      // The folders are empty now.
      if (config.type === "local") await removed(`${config.path}/${what}`);
    };
    if (items > 0) parts.push({ where: "storage", what, items, bytes, remove });
  }
  return parts;
}

async function diskParts({ environment, dataDir }: Deployment): Promise<FoundPart[]> {
  const env = environment.name;
  const databases = [
    jobsPath(dataDir, env),
    clientStorePath(environment, dataDir),
    feedbackPath(environment, dataDir),
    agentStorePath(environment, dataDir),
  ].filter((path) => path !== undefined).flatMap((path) =>
    ["", "-wal", "-shm"].map((end) => path + end)
  );
  const parts: FoundPart[] = [];
  for (const what of [`${dataDir}/spool/${env}`, ...databases, jobsLockPath(dataDir, env)]) {
    const [items, bytes] = await sizeOf(what);
    if (items === 0) continue;
    parts.push({ where: "disk", what, items, bytes, remove: () => removed(what) });
  }
  return parts;
}

async function cacheParts(
  { cache: config, environment: { name: env } }: Deployment,
  opened: AsyncDisposableStack,
): Promise<FoundPart[]> {
  if (config.type !== "redis") return [];
  const cache = await openCache(config, env);
  opened.defer(() => cache.close());
  const remove = async () => void await cache.clear?.();
  return [{ where: "cache", what: `${env}:*`, items: null, bytes: null, remove }];
}

/** File count and bytes of a path; zero when missing. */
async function sizeOf(path: string): Promise<[files: number, bytes: number]> {
  const stat = await Deno.stat(path).catch(() => undefined);
  if (stat === undefined) return [0, 0];
  if (stat.isFile) return [1, stat.size];
  let [files, bytes] = [0, 0];
  for await (const { name } of Deno.readDir(path)) {
    const [more, size] = await sizeOf(`${path}/${name}`);
    files += more;
    bytes += size;
  }
  return [files, bytes];
}

async function removed(path: string): Promise<void> {
  await Deno.remove(path, { recursive: true }).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
}
