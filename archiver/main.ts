import { appendAudit } from "@ssmd/journal";
import { exportKeyAges, loadDeployment } from "@ssmd/metadata";
import {
  COMMIT,
  ConfigError,
  createLogger,
  Metrics,
  portOf,
  runService,
  serveMetrics,
  untilSignal,
  VERSION,
} from "@ssmd/runtime";
import { openStorage } from "@ssmd/storage";
import { openTransport } from "@ssmd/transport";
import { createArchiver } from "./mod.ts";

const FLAGS = {
  env: { help: "name of the environment", default: "demo-nats" },
  data: { help: "folder of the local archive" },
  "metrics-port": { help: "port of /metrics and /health, 0 = any free one", default: "9102" },
} as const;

await runService("archiver", FLAGS, async (flags) => {
  const deployment = await loadDeployment({
    env: flags.env,
    onKeyAccess: async ({ journal }, access) => {
      await appendAudit(journal, "keys", { component: "archiver", ...access });
    },
    ...(flags.data === undefined ? {} : { dataDir: flags.data }),
  });
  const { environment } = deployment;
  const env = environment.name;
  if (deployment.transport.type === "memory") {
    throw new ConfigError("TRANSPORT_NOT_SHARED", `environment ${env} has the memory transport`, {
      hint: "an archiver alone needs a bus that others reach: run `up`, or use demo-nats",
    });
  }
  const logger = createLogger({ fields: { component: "archiver" } });
  const metrics = new Metrics("archiver");
  exportKeyAges(metrics.registry, deployment);
  const transport = await openTransport(deployment.transport, { env, logger });
  const archiver = createArchiver({
    ...{ env, transport, logger, metrics, shard: "main", version: VERSION, commit: COMMIT },
    feeds: environment.feeds,
    storage: await openStorage(deployment.storage),
  });
  const scrape = serveMetrics({
    host: "127.0.0.1",
    port: portOf("metrics-port", flags["metrics-port"]),
    metrics,
    ready: () => undefined,
  });
  await archiver.start();
  logger.info("archiving", { env, metrics_port: scrape.port });
  logger.info("stopping", { signal: await untilSignal() });
  await archiver.close();
  await transport.close();
  await scrape.close();
  logger.info("stopped", { ...archiver.stats() });
});
