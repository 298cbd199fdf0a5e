import { appendAudit } from "@ssmd/journal";
import { exportKeyAges, journalConfig, loadSharedDeployment } from "@ssmd/metadata";
import {
  createLogger,
  exportProcess,
  Health,
  type Logger,
  Metrics,
  portOf,
  serveMetrics,
} from "@ssmd/runtime";
import { openServiceStorage, type WatchedStorage } from "@ssmd/storage";
import { openServiceTransport, type Transport } from "@ssmd/transport";

type DeploymentOptions = Parameters<typeof loadSharedDeployment>[0];

/** Identity of a service, and what it needs of the environment. */
interface ServiceOptions
  extends Omit<DeploymentOptions, "dataDir" | "onKeyAccess" | "registryDir"> {
  /** Component name in logs, metrics and the key audit. */
  component: string;
  /** Metric name infix; default `component`. */
  metricsName?: string;
  /** As {@linkcode DeploymentOptions.dataDir}; undefined = the environment's. */
  data?: string | undefined;
}

/** Basics of a service's process. */
interface Service {
  deployment: Awaited<ReturnType<typeof loadSharedDeployment>>;
  logger: Logger;
  metrics: Metrics;
  health: Health;
}

type WithDefault = { help: string; default: string };

/** Flags of a service without its own HTTP server; `metricsPort` is the default. */
export function serviceFlags(
  metricsPort: number,
): Record<"env" | "metrics-host" | "metrics-port", WithDefault> & { data: { help: string } } {
  const port = "port of /metrics and /health, 0 = any free one";
  return {
    env: { help: "name of the environment", default: "demo-nats" },
    data: { help: "folder of spools, jobs, temporary files and the local archive" },
    "metrics-host": { help: "interface of /metrics and /health", default: "127.0.0.1" },
    "metrics-port": { help: port, default: `${metricsPort}` },
  };
}

/** Returns a hook that records each key access of a component in the environment's journal. */
export function keyAudit(component: string): NonNullable<DeploymentOptions["onKeyAccess"]> {
  return async (environment, access) => {
    await appendAudit(journalConfig(environment), "keys", { component, ...access });
  };
}

/**
 * Loads the deployment with audited key access, and sets up log, metrics and health. Without
 * `signsInto`, the service gets no venue credentials. Throws as {@linkcode loadSharedDeployment}.
 */
export async function openService(
  { component, metricsName = component, data, ...options }: ServiceOptions,
): Promise<Service> {
  const deployment = await loadSharedDeployment({
    signsInto: () => [],
    ...options,
    onKeyAccess: keyAudit(component),
    ...(data === undefined ? {} : { dataDir: data }),
  });
  const { shard, dataDir } = deployment;
  const logger = createLogger({ fields: { component, ...(shard && { shard }) } });
  const metrics = new Metrics(metricsName);
  if (shard !== undefined) metrics.registry.setDefaultLabels({ shard });
  exportProcess(metrics.registry, { component, dataDir });
  exportKeyAges(metrics.registry, deployment);
  return { deployment, logger, metrics, health: new Health({ registry: metrics.registry }) };
}

/**
 * Opens the bus of a service and its storage of raw files or of records; closed with `stack`. Throws
 * as {@linkcode openServiceTransport} and {@linkcode openServiceStorage}.
 */
export async function openBusAndStorage(
  { deployment, logger, health }: Service,
  kind: "raw" | "normalized",
  stack: AsyncDisposableStack,
): Promise<{ transport: Transport; storage: WatchedStorage }> {
  const { environment: { name: env }, shard } = deployment;
  const watched = { logger, health };
  const transport = await openServiceTransport(deployment.transport, { env, shard, ...watched });
  stack.defer(() => transport.close());
  const prefix = `${kind}/${env}/`;
  const storage = await openServiceStorage(deployment.storage, { ...watched, prefix });
  stack.defer(() => storage.close());
  return { transport, storage };
}

/** Serves `/metrics` and `/health` as configured by flags. Throws as {@linkcode serveMetrics}. */
export function serveService(
  flags: { "metrics-host": string; "metrics-port": string },
  { metrics, health }: Pick<Service, "metrics" | "health">,
): ReturnType<typeof serveMetrics> {
  const port = portOf("metrics-port", flags["metrics-port"]);
  return serveMetrics({ host: flags["metrics-host"], port, metrics, health });
}
