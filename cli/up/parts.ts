import { AuditQueue } from "@ssmd/audit";
import { AgentService } from "@ssmd/agents/service";
import { type Archiver, createArchiver } from "@ssmd/archiver";
import { type Cache, openServiceCache } from "@ssmd/cache";
import {
  connectionLimits,
  environmentAuthenticator,
  environmentFeedback,
  startGateway,
} from "@ssmd/gateway";
import {
  auditLocation,
  type Deployment,
  type Environment,
  exportKeyAges,
  findRegistry,
  followSymbols,
  type InstrumentFile,
  loadEnvironment,
  symbolsOfFeed,
} from "@ssmd/metadata";
import {
  COMMIT,
  exportProcess,
  Health,
  type Logger,
  Metrics,
  surviveUncaughtErrors,
  VERSION,
} from "@ssmd/runtime";
import {
  readSignals,
  signalFolders,
  SignalService,
  type SignalServiceOptions,
} from "@ssmd/signals";
import { keyAudit } from "@ssmd/service";
import { openServiceStorage, type WatchedStorage } from "@ssmd/storage";
import { TransformService } from "@ssmd/transforms";
import { openServiceTransport, type Transport } from "@ssmd/transport";
import { loadModule } from "../load_module.ts";
import { closeOptions } from "./drained_storage.ts";
import { KeptGateway } from "./kept_gateway.ts";
import type { Captures, FeedPlan } from "./feed_plan.ts";
import type { RunningSimulator } from "./simulators.ts";

/** Options of {@linkcode startUp}. */
export interface UpOptions {
  /** Name of the environment. */
  env: string;
  /** Recordings to play instead of the environment's feeds; no files = none. */
  captures: Captures;
  /** Speed of simulated or recorded data: 1 = original. */
  speed: number | "max";
  /** Gateway port, overriding the environment's; 0 = any free port. */
  port?: number;
  /** Folder of archive and spools, overriding the environment's. */
  dataDir?: string;
  /** Registry folder; default: searched upward from the working directory. */
  registryDir?: string;
  /** Aborts a start that waits for bus or storage. */
  signal?: AbortSignal;
  logger: Logger;
}

/** Running parts of an environment, except its connectors and jobs. */
export interface Parts {
  cache: Cache;
  storage: WatchedStorage;
  transport: Transport;
  simulators: Map<string, RunningSimulator>;
  gateway: KeptGateway;
  archiver: Archiver;
  signals: SignalService;
  registry: Metrics["registry"];
  health: Health;
}

/** Inputs of {@linkcode startParts}. */
interface PartsPlan {
  plans: readonly FeedPlan[];
  stack: AsyncDisposableStack;
  instruments: ReadonlyMap<string, InstrumentFile>;
}

/** Starts the parts, consumers first; each is put on the stack and closed in reverse order. */
export async function startParts(
  options: UpOptions,
  deployment: Deployment,
  plan: PartsPlan,
): Promise<Parts> {
  const { logger, registryDir } = options;
  const { stack, plans } = plan;
  const base = await startBase(options, deployment, plan);
  const gateway = await startKeptGateway(options, deployment, { base, ...plan });
  const archiver = await startArchiver(options, deployment, { base, ...plan });
  const { transport, storage, registry, health } = base;
  const registryFolder = registryDir ?? await findRegistry(Deno.cwd());
  const signals = createSignals({
    ...{ env: deployment.environment.name, feeds: plans.map(({ feed }) => feed), registryFolder },
    ...{ transport, storage, logger, registry, health, archiveAll: () => archiver.flush() },
  });
  stack.defer(() => signals.close());
  await signals.start();
  const transforms = new TransformService({
    ...{ env: deployment.environment.name, registryDir: registryFolder, transport, logger },
    metrics: new Metrics("transforms", registry),
  });
  stack.defer(() => transforms.close());
  await transforms.start();
  const agents = await AgentService.start({
    ...{ deployment, transport, storage, registryDir: registryFolder, logger, health },
    metrics: new Metrics("agents", registry),
  });
  if (agents !== undefined) stack.use(agents);
  return { ...base, gateway, archiver, signals };
}

/** Parts that all others use. */
type Base = Omit<Parts, "gateway" | "archiver" | "signals">;

async function startBase(
  { logger, speed }: UpOptions,
  deployment: Deployment,
  { plans, stack }: PartsPlan,
): Promise<Base> {
  const { environment, dataDir } = deployment;
  const env = environment.name;
  const processMetrics = new Metrics("process");
  const { registry } = processMetrics;
  stack.defer(surviveUncaughtErrors(logger, processMetrics));
  const health = new Health({ registry });
  exportProcess(registry, { component: "up", dataDir });
  exportKeyAges(registry, deployment);
  const storage = await openServiceStorage(deployment.storage, {
    ...{ logger, health, prefix: `normalized/${env}/` },
  });
  stack.defer(() => storage.close());
  const cache = await openServiceCache(deployment.cache, { env, logger, health });
  stack.defer(() => cache.close());
  const transport = await openServiceTransport(deployment.transport, { env, logger, health });
  stack.defer(() => transport.close());
  const simulators = await simulatorsOf(plans, environment, { speed, logger });
  for (const { simulator } of simulators.values()) stack.defer(() => simulator.close());
  return { storage, cache, transport, simulators, registry, health };
}

/** Simulators are loaded where an environment has some: a live one needs none of their modules. */
async function simulatorsOf(
  plans: readonly FeedPlan[],
  environment: Environment,
  options: Pick<UpOptions, "speed" | "logger">,
): Promise<Map<string, RunningSimulator>> {
  if (!plans.some(({ isSimulated }) => isSimulated)) return new Map();
  const path = "./up/simulators.ts";
  const { startSimulators } = await loadModule<typeof import("./simulators.ts")>(path);
  return await startSimulators(plans, environment, options);
}

async function startKeptGateway(
  { logger, port, registryDir }: UpOptions,
  deployment: Deployment,
  { base, plans, stack }: PartsPlan & { base: Base },
): Promise<KeptGateway> {
  const { environment, dataDir } = deployment;
  const { transport, storage, cache, registry, health } = base;
  const env = environment.name;
  const host = environment.gateway.host ?? "127.0.0.1";
  const registryFolder = registryDir ?? await findRegistry(Deno.cwd());
  const keys = { dataDir, onKeyAccess: keyAudit("up") };
  const authenticator = await environmentAuthenticator(environment, {
    ...{ host, logger, registryDir: registryFolder, ...keys },
  });
  stack.defer(() => authenticator.close());
  const audit = stack.use(await AuditQueue.open(auditLocation(environment, keys), logger));
  const connections = connectionLimits(registryFolder, logger);
  const metrics = new Metrics("gateway", registry);
  const gateway = await KeptGateway.open((on) =>
    startGateway({
      ...{ env, transport, authenticator, host, connections, storage, logger, metrics, health },
      ...{ cache, audit, dataDir, environment, version: VERSION },
      slowClients: environment.gateway.slow_clients ?? {},
      ...(environment.gateway.tls === undefined ? {} : { tls: environment.gateway.tls }),
      port: on.port ?? port ?? environment.gateway.port,
      onUnresponsive: on.onUnresponsive,
      // At a start, records come first.
      loadsRoutesLate: on.port === undefined,
      feeds: plans.map(({ feed }) => feed),
      markets: plans.flatMap(({ feed, symbols }) =>
        symbols.map(({ symbol, external }) => ({ symbol, external, feed }))
      ),
      registryDir: registryFolder,
      feedback: environmentFeedback(deployment),
    }), logger);
  stack.defer(() => gateway.close());
  return gateway;
}

async function startArchiver(
  { logger }: UpOptions,
  { environment, readEnvironment }: Deployment,
  { base, plans, instruments, stack }: PartsPlan & { base: Base },
): Promise<Archiver> {
  const { transport, storage, registry, health } = base;
  const ordered = new Map(
    plans.map(({ feed, symbols }) => [feed, symbols.map(({ symbol }) => symbol)]),
  );
  const following = await followSymbols(transport, {
    ...{ environment, readEnvironment, instruments },
    onSymbols: (symbols) => {
      for (const { feed } of plans) {
        ordered.set(feed, symbolsOfFeed(symbols, feed).map(({ symbol }) => symbol));
      }
    },
  });
  stack.defer(() => following.unsubscribe());
  const archiver = createArchiver({
    ...{ env: environment.name, transport, storage, logger, version: VERSION, commit: COMMIT },
    ...{ feeds: plans.map(({ feed }) => feed), ordered, health },
    metrics: new Metrics("archiver", registry),
  });
  stack.defer(() => archiver.close(closeOptions(archiver, storage)));
  await archiver.start();
  return archiver;
}

/** Must start before any connector: the in-memory bus delivers each record only once. */
function createSignals(
  { registryFolder, registry, ...rest }: {
    registryFolder: string;
    registry: Metrics["registry"];
  } & Omit<SignalServiceOptions, "metrics" | "readSignals">,
): SignalService {
  const { env } = rest;
  return new SignalService({
    ...{ ...rest, metrics: new Metrics("signals", registry) },
    readSignals: async () =>
      await readSignals(
        await loadEnvironment(registryFolder, env),
        signalFolders(registryFolder).all,
      ),
  });
}
