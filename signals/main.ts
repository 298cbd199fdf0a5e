import { appendAudit } from "@ssmd/journal";
import { exportKeyAges, findRegistry, loadEnvironment, loadSharedDeployment } from "@ssmd/metadata";
import {
  createLogger,
  exportProcess,
  Health,
  Metrics,
  portOf,
  runService,
  serveMetrics,
  SsmdError,
  untilSignal,
} from "@ssmd/runtime";
import { openServiceStorage } from "@ssmd/storage";
import { openServiceTransport } from "@ssmd/transport";
import { readSignals, signalFolders, SignalService } from "./mod.ts";

const FLAGS = {
  env: { help: "name of the environment", default: "demo-nats" },
  data: { help: "folder of the local archive" },
  "metrics-host": { help: "interface of /metrics and /health", default: "127.0.0.1" },
  "metrics-port": { help: "port of /metrics and /health, 0 = any free one", default: "9103" },
} as const;

await runService("signals", FLAGS, async (flags) => {
  const deployment = await loadSharedDeployment({
    env: flags.env,
    signsInto: () => [],
    onKeyAccess: async ({ journal }, access) => {
      await appendAudit(journal, "keys", { component: "signals", ...access });
    },
    ...(flags.data === undefined ? {} : { dataDir: flags.data }),
  });
  const { name: env, feeds } = deployment.environment;
  const registryDir = await findRegistry(Deno.cwd());
  const logger = createLogger({ fields: { component: "signals" } });
  const metrics = new Metrics("signals");
  exportProcess(metrics.registry, { component: "signals", dataDir: deployment.dataDir });
  exportKeyAges(metrics.registry, deployment);
  const health = new Health({ registry: metrics.registry });
  const transport = await openServiceTransport(deployment.transport, { env, logger, health });
  const storage = await openServiceStorage(deployment.storage, {
    ...{ logger, health, prefix: `normalized/${env}/` },
  });
  const service = new SignalService({
    ...{ env, feeds, transport, storage, logger, metrics, health },
    readSignals: async () =>
      await readSignals(await loadEnvironment(registryDir, env), signalFolders(registryDir).all),
  });
  const scrape = serveMetrics({
    host: flags["metrics-host"],
    port: portOf("metrics-port", flags["metrics-port"]),
    metrics,
    health,
  });
  const signal = untilSignal();
  await service.start();
  logger.info("signals", { env, metrics_port: scrape.port });
  const end = await Promise.race([signal, service.failed]);
  if (end instanceof SsmdError) throw end;
  logger.info("stopping", { signal: end });
  await service.close();
  await storage.close();
  await transport.close();
  await scrape.close();
  logger.info("stopped", { ...service.stats() });
});
