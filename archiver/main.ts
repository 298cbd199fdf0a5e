import { appendAudit } from "@ssmd/journal";
import {
  exportKeyAges,
  followSymbols,
  loadInstruments,
  loadSharedDeployment,
  orderedSymbols,
  shardsOfFeed,
} from "@ssmd/metadata";
import {
  COMMIT,
  ConfigError,
  createLogger,
  exportProcess,
  Health,
  Metrics,
  portOf,
  runService,
  serveMetrics,
  SsmdError,
  untilSignal,
  VERSION,
} from "@ssmd/runtime";
import { openServiceStorage } from "@ssmd/storage";
import { openServiceTransport } from "@ssmd/transport";
import { createArchiver } from "./mod.ts";

const FLAGS = {
  env: { help: "name of the environment", default: "demo-nats" },
  shard: { help: "shard whose records it archives; default: SHARD_ID", variable: "SHARD_ID" },
  data: { help: "folder of the local archive" },
  "flush-seconds": {
    help: "write what waits at least this often, as further parts; default: minute by minute",
  },
  "metrics-host": { help: "interface of /metrics and /health", default: "127.0.0.1" },
  "metrics-port": { help: "port of /metrics and /health, 0 = any free one", default: "9102" },
} as const;

function flushMsOf(text: string): number {
  const seconds = Number(text);
  if (seconds >= 0.5 && seconds <= 3600) return seconds * 1000;
  throw new ConfigError("WRONG_USAGE", `--flush-seconds ${text} is no time to wait`, {
    hint: "A number of seconds from 0.5 to 3600",
  });
}

await runService("archiver", FLAGS, async (flags) => {
  const deployment = await loadSharedDeployment({
    env: flags.env,
    ...{ signsInto: () => [], shard: flags.shard },
    onKeyAccess: async ({ journal }, access) => {
      await appendAudit(journal, "keys", { component: "archiver", ...access });
    },
    ...(flags.data === undefined ? {} : { dataDir: flags.data }),
  });
  const { environment, shard } = deployment;
  const env = environment.name;
  const logger = createLogger({ fields: { component: "archiver", ...(shard && { shard }) } });
  const metrics = new Metrics("archiver");
  if (shard !== undefined) metrics.registry.setDefaultLabels({ shard });
  exportProcess(metrics.registry, { component: "archiver", dataDir: deployment.dataDir });
  exportKeyAges(metrics.registry, deployment);
  const health = new Health({ registry: metrics.registry });
  const transport = await openServiceTransport(deployment.transport, {
    env,
    shard,
    logger,
    health,
  });
  const storage = await openServiceStorage(deployment.storage, {
    ...{ logger, health, prefix: `normalized/${env}/` },
  });
  const ordered = orderedSymbols(environment, shard);
  const archiver = createArchiver({
    ...{ env, transport, logger, metrics, health, shard, version: VERSION, commit: COMMIT },
    feeds: environment.feeds.filter((feed) => shard === undefined || ordered.has(feed)),
    shardsOf: (feed) => shardsOfFeed(environment, feed),
    derivedOnly: shard === undefined && environment.shards !== undefined,
    ordered,
    storage,
    // A rolling update starts the next one first.
    leaseWaitMs: Infinity,
    ...(flags["flush-seconds"] === undefined ? {} : { flushMs: flushMsOf(flags["flush-seconds"]) }),
  });
  const scrape = serveMetrics({
    host: flags["metrics-host"],
    port: portOf("metrics-port", flags["metrics-port"]),
    metrics,
    health,
  });
  // It may wait for another archiver's lease for as long as that one lives.
  const signal = untilSignal();
  const isStarted = await Promise.race([archiver.start().then(() => true), signal]);
  const following = await followSymbols(transport, {
    ...{ environment, instruments: await loadInstruments() },
    onSymbols: (symbols) => {
      const byFeed = orderedSymbols({ ...environment, symbols }, shard);
      for (const feed of environment.feeds) ordered.set(feed, byFeed.get(feed) ?? []);
    },
  }).catch((error) => logger.warn("changes of markets are not followed", { error }));
  if (isStarted === true) logger.info("archiving", { env, metrics_port: scrape.port });
  const end = await Promise.race([signal, archiver.superseded]);
  if (end instanceof SsmdError) throw end;
  logger.info("stopping", { signal: end });
  following?.unsubscribe();
  await archiver.close();
  await storage.close();
  await transport.close();
  await scrape.close();
  logger.info("stopped", { ...archiver.stats() });
});
