import { appendAudit } from "@ssmd/journal";
import { exportKeyAges, findRegistry, loadSharedDeployment } from "@ssmd/metadata";
import {
  createLogger,
  exportProcess,
  Health,
  Metrics,
  portOf,
  runService,
  serveMetrics,
  untilSignal,
} from "@ssmd/runtime";
import { openServiceStorage } from "@ssmd/storage";
import { openServiceTransport } from "@ssmd/transport";
import { AgentService } from "./agent_service.ts";
import { agentsNotConfigured } from "./open_agents.ts";

const FLAGS = {
  env: { help: "name of the environment", default: "demo-nats" },
  data: { help: "folder of the local archive" },
  "metrics-host": { help: "interface of /metrics and /health", default: "127.0.0.1" },
  "metrics-port": { help: "port of /metrics and /health, 0 = any free one", default: "9105" },
} as const;

await runService("agents", FLAGS, async (flags) => {
  const deployment = await loadSharedDeployment({
    ...{ env: flags.env, signsInto: () => [], usesModel: true },
    onKeyAccess: async ({ journal }, access) => {
      await appendAudit(journal, "keys", { component: "agents", ...access });
    },
    ...(flags.data === undefined ? {} : { dataDir: flags.data }),
  });
  const { name: env } = deployment.environment;
  const registryDir = await findRegistry(Deno.cwd());
  const logger = createLogger({ fields: { component: "agents" } });
  await using stack = new AsyncDisposableStack();
  const metrics = new Metrics("agents");
  exportProcess(metrics.registry, { component: "agents", dataDir: deployment.dataDir });
  exportKeyAges(metrics.registry, deployment);
  const health = new Health({ registry: metrics.registry });
  const transport = await openServiceTransport(deployment.transport, { env, logger, health });
  stack.defer(() => transport.close());
  const storage = await openServiceStorage(deployment.storage, {
    ...{ logger, health, prefix: `normalized/${env}/` },
  });
  stack.defer(() => storage.close());
  const port = portOf("metrics-port", flags["metrics-port"]);
  const scrape = serveMetrics({ host: flags["metrics-host"], port, metrics, health });
  stack.defer(() => scrape.close());
  const signal = untilSignal();
  const service = await AgentService.start({
    ...{ deployment, transport, storage, registryDir, logger, metrics, health },
  });
  if (service === undefined) throw agentsNotConfigured(env);
  stack.use(service);
  await service.load();
  logger.info("agents", { env, metrics_port: scrape.port });
  logger.info("stopping", { signal: await signal });
});
