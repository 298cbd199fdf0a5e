import {
  assertNothingGivenUp,
  assertUsableSpool,
  type Connector,
  type ConnectorOptions,
  type ConnectorStats,
  createConnector,
  followFeed,
} from "@ssmd/connector";
import {
  type Deployment,
  type Enrichment,
  findRegistry,
  loadDeployment,
  loadEnrichment,
  loadInstruments,
  restBeside,
} from "@ssmd/metadata";
import {
  announceRunning,
  COMMIT,
  ConfigError,
  type Logger,
  Metrics,
  sleep,
  type SsmdError,
  startWhole,
  VERSION,
} from "@ssmd/runtime";
import { keyAudit } from "@ssmd/service";

import { loadModule } from "../load_module.ts";
import { waitUntilArchived } from "./drained_storage.ts";
import { type Parts, startParts, type UpOptions } from "./parts.ts";
import type { FeedPlan } from "./feed_plan.ts";
import { planFeeds } from "./plan.ts";

/** Longest wait for first records, as a venue may have none. */
const RECORDS_MS_MAX = 500;
const RECORDS_LOOK_MS = 5;

/** Feed as it runs, with its connector's stats. */
interface UpFeed {
  feed: string;
  endpoint: string;
  source: "live" | "simulated" | "recorded";
  symbols: number;
  stats: ConnectorStats;
}

/** Environment running in this process. */
export interface Up {
  env: string;
  /** Transport type. */
  transport: string;
  gatewayUrl: string;
  dataDir: string;
  /** Archive location for display. */
  location: string;
  feeds(): UpFeed[];
  /** Records archived so far. */
  archived(): number;
  /** Number of gateway clients. */
  clients(): number;
  /** Symbol channels that the venue refused and still refuses. */
  refused(): number;
  /** Resolves when all captures are played; never when there are none. */
  played: Promise<void>;
  /** Resolves with the error when the archiver fails, a venue rejects its key, or another process took over. */
  denied: Promise<SsmdError>;
  /** Drains and seals: afterwards everything accepted is in the archive. */
  close(): Promise<void>;
}

/**
 * Starts an environment in this process, consumers before producers, as {@linkcode startWhole}
 * does. Throws ConfigError for an invalid configuration, SsmdError `PORT_IN_USE`,
 * `ARCHIVER_RUNNING` or `SPOOL_IN_USE`.
 */
export async function startUp(options: UpOptions): Promise<Up> {
  const deployment = await loadDeployment({
    ...options,
    usesCache: true,
    sendsIssues: true,
    usesModel: true,
    // A simulator plays captures, so no venue credentials are needed.
    ...(options.captures.files.length > 0 ? { signsInto: () => [] } : {}),
    onKeyAccess: keyAudit("up"),
  });
  assertNoServices(deployment, options.logger);
  const plans = await planFeeds(deployment, options.captures, options.logger);
  return await startWhole((stack) => start(options, deployment, { plans, stack }), options);
}

async function start(
  options: UpOptions,
  deployment: Deployment,
  { plans, stack }: { plans: readonly FeedPlan[]; stack: AsyncDisposableStack },
): Promise<Up> {
  // Check first: other users of the folder would report it less clearly.
  await assertUsableSpool(`${deployment.dataDir}/spool`);
  const { environment, readEnvironment } = deployment;
  const instruments = await loadInstruments(options.registryDir);
  const enrichment = await loadEnrichment(environment, options.registryDir);
  const parts = await startParts(options, deployment, { plans, stack, instruments });
  const connectors = new Map<string, Connector>();
  for (const plan of plans) {
    const connector = connectorOf(options, deployment, { parts, plan, enrichment });
    stack.defer(() => connector.close());
    await connector.start();
    connectors.set(plan.feed, connector);
    if (plan.recording !== undefined) continue;
    const following = await followFeed(connector, {
      ...{ environment, readEnvironment, feed: plan.feed, venue: plan.venue, instruments },
      ...{ bus: parts.transport, rest: restOf(plan, parts), logger: options.logger },
      health: parts.health.component("connector", plan.feed),
    });
    stack.defer(() => following.close());
  }
  await untilRecords([...connectors.values()], options.signal);
  await parts.gateway.loadRoutes();
  await startJobs(options, deployment, { parts, stack });
  // Last: the file means that everything runs, and an unusable folder is reported by then.
  stack.defer(
    await announceRunning(deployment.dataDir, {
      ...{ env: deployment.environment.name, component: "up", pid: Deno.pid },
      ...{ url: parts.gateway.url, started_at: new Date().toISOString() },
    }),
  );
  return running({ deployment, plans, parts, connectors, logger: options.logger }, stack);
}

/**
 * Waits for the first record of each connector, but not long: what is started after it loads many
 * modules, which would delay that record.
 */
async function untilRecords(connectors: readonly Connector[], signal?: AbortSignal): Promise<void> {
  const endMs = performance.now() + RECORDS_MS_MAX;
  const isWaiting = () => connectors.some((connector) => connector.stats().records === 0);
  while (isWaiting() && performance.now() < endMs && !signal?.aborted) await sleep(RECORDS_LOOK_MS);
}

/** Shards on an in-memory bus all run here; on a shared bus other services may already run them. */
function assertNoServices(
  { environment: { name, shards }, transport }: Deployment,
  logger: Logger,
): void {
  if (shards === undefined) return;
  const names = Object.keys(shards).join(", ");
  if (transport.type === "memory") {
    return logger.info("all shards are in this process", { shards: names });
  }
  throw new ConfigError("SHARDS_NEED_SERVICES", `Environment ${name} has shards: ${names}`, {
    hint: "Run connector and archiver with SHARD_ID=<shard> for each, and one gateway; " +
      "or give it the memory transport",
  });
}

/** Ends days automatically, except when playing recordings. */
async function startJobs(
  { captures, registryDir, logger }: UpOptions,
  { environment, dataDir, storage }: Deployment,
  { parts, stack }: { parts: Parts; stack: AsyncDisposableStack },
): Promise<void> {
  if (storage.type === "memory" || captures.files.length > 0) return;
  // Late: while their modules load, the connectors already capture.
  const { answerJobs, JobService, jobsHolder, usesTemporal } = await loadModule<
    typeof import("@ssmd/jobs")
  >("@ssmd/jobs");
  if (usesTemporal(environment)) {
    return logger.info("jobs are done by `deno task worker`, as scheduler says");
  }
  const jobs = await JobService.start({
    ...{ environment, dataDir, storage, logger, cache: parts.cache },
    registryDir: registryDir ?? await findRegistry(Deno.cwd()),
    metrics: new Metrics("jobs", parts.registry),
  });
  if (jobs !== undefined) {
    stack.use(jobs);
    const options = { environment, board: jobs.store, logger };
    const answering = await answerJobs(parts.transport, options);
    return stack.defer(() => answering.unsubscribe());
  }
  const holder = await jobsHolder(dataDir, environment.name);
  logger.info("the jobs of this folder run elsewhere", { holder });
}

function connectorOf(
  { logger, speed, captures: { times } }: UpOptions,
  { environment, dataDir }: Deployment,
  { parts, plan, enrichment }: { parts: Parts; plan: FeedPlan; enrichment: Enrichment | undefined },
): Connector {
  const { storage, transport, simulators, registry, health } = parts;
  const simulated = simulators.get(plan.feed);
  const { recording: source } = plan;
  // A recording has its own spool, separate from what a live run left behind.
  const part = source === undefined ? "main" : "recording";
  return createConnector({
    ...(source === undefined ? {} : { recording: { source, speed, times } }),
    env: environment.name,
    feed: plan.feed,
    venue: plan.venue,
    ...(plan.normalizer === undefined ? {} : { normalizer: plan.normalizer }),
    symbols: plan.symbols,
    endpoint: simulated?.simulator.url ?? plan.endpoint,
    captureLocation: plan.captureLocation,
    credentials: simulated?.credentials ?? plan.credentials,
    transport,
    storage,
    spoolDir: `${dataDir}/spool/${environment.name}/${plan.feed}-${part}`,
    connectsDir: `${dataDir}/spool`,
    ...limitsOf(plan),
    enrichment,
    durability: environment.durability,
    logger,
    health,
    metrics: new Metrics("connector", registry),
    version: VERSION,
    commit: COMMIT,
  });
}

/** The venue's REST address, or its simulator's. */
function restOf({ feed, rest }: FeedPlan, { simulators }: Parts): string | undefined {
  const simulated = simulators.get(feed);
  return simulated && rest ? restBeside(simulated.simulator.url, rest) : rest;
}

/** The venue's limits, as far as the plan has them. */
function limitsOf(
  { connects, symbolsPerConnection, sendRate }: FeedPlan,
): Pick<ConnectorOptions, "connects" | "symbolsPerConnection" | "sendRate"> {
  return {
    ...(connects === undefined ? {} : { connects }),
    ...(symbolsPerConnection === undefined ? {} : { symbolsPerConnection }),
    ...(sendRate === undefined ? {} : { sendRate }),
  };
}

interface Running {
  deployment: Deployment;
  plans: readonly FeedPlan[];
  parts: Parts;
  connectors: Map<string, Connector>;
  logger: Logger;
}

function running(
  { deployment, plans, parts, connectors, logger }: Running,
  stack: AsyncDisposableStack,
): Up {
  const { environment, dataDir } = deployment;
  const { gateway, archiver, signals, storage, simulators, transport } = parts;
  const feeds = (): UpFeed[] =>
    plans.map(({ feed, endpoint, symbols, recording }) => ({
      feed,
      endpoint: simulators.get(feed)?.simulator.url ?? endpoint,
      source: recording ? "recorded" : simulators.has(feed) ? "simulated" : "live",
      symbols: symbols.length,
      stats: (connectors.get(feed) as Connector).stats(),
    }));
  return {
    env: environment.name,
    transport: transport.type,
    gatewayUrl: gateway.url,
    dataDir,
    location: storage.location,
    feeds,
    archived: () => archiver.stats().records - archiver.stats().derived,
    clients: () => gateway.stats().clients,
    denied: Promise.race<SsmdError>([
      archiver.failed,
      ...[...connectors.values()].flatMap(({ denied, replaced }) => [denied, replaced]),
    ]),
    refused: () => feeds().reduce((sum, { stats }) => sum + stats.refused, 0),
    played: Promise.all([...connectors.values()].map(({ played }) => played)).then(() => {}),
    close: async () => {
      await Promise.all([...connectors.values()].map((connector) => connector.stop()));
      // Final signal fires are archived with the rest.
      await signals.close();
      try {
        await waitUntilArchived(archiver, storage, logger);
      } finally {
        // In parallel: each waits for storage up to its own limit.
        await Promise.all([...connectors.values()].map((connector) => connector.close()));
        await stack.disposeAsync();
      }
      for (const connector of connectors.values()) assertNothingGivenUp(connector.stats());
    },
  };
}
