import { AuditQueue } from "@ssmd/audit";
import { openServiceCache } from "@ssmd/cache";
import { auditLocation, findRegistry } from "@ssmd/metadata";
import {
  announceRunning,
  portOf,
  runService,
  surviveUncaughtErrors,
  untilSignal,
  VERSION,
} from "@ssmd/runtime";
import { keyAudit, openService } from "@ssmd/service";
import { openServiceStorage } from "@ssmd/storage";
import { openServiceTransport } from "@ssmd/transport";
import {
  connectionLimits,
  environmentAuthenticator,
  environmentFeedback,
  startGateway,
} from "./mod.ts";

const FLAGS = {
  env: { help: "name of the environment", default: "demo-nats" },
  host: { help: "interface to listen on, in place of the environment's" },
  port: { help: "port in place of the environment's, 0 = any free one" },
} as const;

await runService("gateway", FLAGS, async (flags, stack) => {
  const { deployment, logger, metrics, health } = await openService({
    ...{ env: flags.env, component: "gateway", usesCache: true, sendsIssues: true },
  });
  const { environment } = deployment;
  const env = environment.name;
  stack.defer(surviveUncaughtErrors(logger, metrics));
  const registryDir = await findRegistry(Deno.cwd());
  const connections = connectionLimits(registryDir, logger);
  const host = flags.host ?? environment.gateway.host ?? "127.0.0.1";
  const keys = { dataDir: deployment.dataDir, onKeyAccess: keyAudit("gateway") };
  const authenticator = await environmentAuthenticator(environment, {
    ...{ host, logger, registryDir, ...keys },
  });
  stack.defer(() => authenticator.close());
  const audit = stack.use(await AuditQueue.open(auditLocation(environment, keys), logger));
  const transport = await openServiceTransport(deployment.transport, { env, logger, health });
  stack.defer(() => transport.close());
  const cache = await openServiceCache(deployment.cache, { env, logger, health });
  stack.defer(() => cache.close());
  // Memory storage of this process does not hold what another process archived.
  const storage = deployment.storage.type === "memory"
    ? undefined
    : await openServiceStorage(deployment.storage, {
      ...{ logger, health, prefix: `normalized/${env}/` },
    });
  if (storage) stack.defer(() => storage.close());
  const gateway = await startGateway({
    ...(storage === undefined ? {} : { storage }),
    ...{ registryDir, connections, cache, environment, audit, dataDir: deployment.dataDir },
    onUnresponsive: () => {
      logger.error("the gateway does not answer: it exits so that it is restarted");
      Deno.exit(1);
    },
    ...{ env, transport, logger, version: VERSION, feeds: environment.feeds, host, authenticator },
    port: flags.port === undefined ? environment.gateway.port : portOf("port", flags.port),
    slowClients: environment.gateway.slow_clients ?? {},
    ...(environment.gateway.tls === undefined ? {} : { tls: environment.gateway.tls }),
    markets: Object.entries(environment.symbols).map(([symbol, { external, feed }]) => ({
      symbol,
      external,
      feed,
    })),
    metrics,
    health,
    feedback: environmentFeedback(deployment),
  });
  stack.defer(() => gateway.close());
  const startedAt = new Date().toISOString();
  stack.defer(
    await announceRunning(deployment.dataDir, {
      ...{ env, component: "gateway", pid: Deno.pid, url: gateway.url, started_at: startedAt },
    }),
  );
  logger.info("serving", { env, page: `${gateway.url}/` });
  return async () => logger.info("stopping", { signal: await untilSignal() });
});
