import {
  assertNothingGivenUp,
  assertUsableSpool,
  type Connector,
  type ConnectorOptions,
  type ConnectorStats,
  createConnector,
  followFeed,
} from "@ssmd/connector";
import { answerJobs, JobService, jobsHolder, usesTemporal } from "@ssmd/jobs";
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
  type SsmdError,
  startWhole,
  VERSION,
} from "@ssmd/runtime";
import { keyAudit } from "@ssmd/service";

import { waitUntilArchived } from "./drained_storage.ts";
import { type Parts, startParts, type UpOptions } from "./parts.ts";
import { type FeedPlan, planFeeds } from "./plan.ts";

/** A feed as it runs. */
interface UpFeed {
  feed: string;
  endpoint: string;
  source: "live" | "simulated" | "recorded";
  symbols: number;
  stats: ConnectorStats;
}

/** Everything of an environment, running in this process. */
export interface Up {
  env: string;
  /** Kind of the bus. */
  transport: string;
  gatewayUrl: string;
  dataDir: string;
  /** Where the archive is, for a person. */
  location: string;
  feeds(): UpFeed[];
  /** Records archived so far. */
  archived(): number;
  /** Clients of the gateway. */
  clients(): number;
  /** Channels of symbols that the venue refused and did not give later. */
  refused(): number;
  /** Resolves when all captures are played; never where there are none. */
  played: Promise<void>;
  /** Resolves when a venue refuses its key for good, or another process took over; see all three. */
  denied: Promise<SsmdError>;
  /** Drains and seals: everything accepted is in the archive afterwards. */
  close(): Promise<void>;
}

/**
 * Starts everything of an environment in this process, consumers before producers, as
 * {@linkcode startWhole} does. Throws ConfigError for a wrong configuration, SsmdError `PORT_IN_USE`,
 * `ARCHIVER_RUNNING` or `SPOOL_IN_USE`.
 */
export async function startUp(options: UpOptions): Promise<Up> {
  const deployment = await loadDeployment({
    ...options,
    usesCache: true,
    sendsIssues: true,
    usesModel: true,
    // Captures are played by a simulator in place of the venue.
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
  // Whatever else is kept in the folder would tell of it in its own words.
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
  await startJobs(options, deployment, { parts, stack });
  // Last: who finds the file finds all of it running, and a folder that cannot be used is told before.
  stack.defer(
    await announceRunning(deployment.dataDir, {
      ...{ env: deployment.environment.name, component: "up", pid: Deno.pid },
      ...{ url: parts.gateway.url, started_at: new Date().toISOString() },
    }),
  );
  return running({ deployment, plans, parts, connectors, logger: options.logger }, stack);
}

/** Shards of a bus of this process are in it together; on a shared one services may run them already. */
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

/** Days end by themselves, but not those of a recording: its days are what it is played for. */
async function startJobs(
  { captures, registryDir, logger }: UpOptions,
  { environment, dataDir, storage }: Deployment,
  { parts, stack }: { parts: Parts; stack: AsyncDisposableStack },
): Promise<void> {
  if (storage.type === "memory" || captures.files.length > 0) return;
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
  // A recording has its own spool: what a live run left there is none of its business.
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

/** The venue's REST, or its simulator's. */
function restOf({ feed, rest }: FeedPlan, { simulators }: Parts): string | undefined {
  const simulated = simulators.get(feed);
  return simulated && rest ? restBeside(simulated.simulator.url, rest) : rest;
}

/** What the venue takes, as far as the plan says. */
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
      // What they fire last is archived with the rest.
      await signals.close();
      try {
        await waitUntilArchived(archiver, storage, logger);
      } finally {
        // All at once: each waits for storage up to its own limit.
        await Promise.all([...connectors.values()].map((connector) => connector.close()));
        await stack.disposeAsync();
      }
      for (const connector of connectors.values()) assertNothingGivenUp(connector.stats());
    },
  };
}
