import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { startSimulator } from "@ssmd/simulator";
import { freePort } from "../servers/free_port.ts";
import { type NatsServer, startNatsServer } from "../servers/nats_server.ts";
import { writeRegistry } from "./crash_registry.ts";
import { Service } from "./crash_service.ts";
import { eventually, Folder } from "./_process.ts";
import { SOAK_SIGNALS } from "./_soak_signals.ts";
import type { AlertFault, Watch } from "./_watch.ts";

const ENV = "sharded";
const FEED = "kraken";
const SYMBOLS = [
  { symbol: "BTCUSD", feed: FEED, external: "BTC/USD", depth: 10, tier: 1 },
  { symbol: "ETHUSD", feed: FEED, external: "ETH/USD", depth: 10, tier: 2 },
] as const;
const SHARDS = { tier1: 1, tier2: 2 };
/** Events a second of a shard's venue: one does much more than the other. */
const RATES: Record<keyof typeof SHARDS, number> = { tier1: 1000, tier2: 20 };
/** What the bus denies its users while it is configured wrong. */
const DENIED = { trades: `"*.internal.*.*.trade.>"`, fires: `"*.signal.>"` };
/** Starts of a process behind its first one. */
const RESTARTS = 3;

/** Processes of an environment of two shards, as they are run on several machines. */
export class Services implements AsyncDisposable {
  readonly services = new Map<string, Service>();
  /** Labels by `host:port` of what Prometheus scrapes. */
  readonly targets: Record<string, Record<string, string>> = {};
  readonly #ports = new Map<string, number>();

  private constructor(
    private readonly folder: string,
    readonly nats: NatsServer,
    private readonly stack: AsyncDisposableStack,
  ) {}

  /** Starts all of them. */
  static async start(): Promise<Services> {
    await using stack = new AsyncDisposableStack();
    const { path } = stack.use(new Folder());
    await Deno.writeTextFile(`${path}/nats.conf`, busConfig(""));
    const nats = await startNatsServer({ args: ["--config", `${path}/nats.conf`] });
    stack.defer(() => nats.stop());
    await writeProject(path, nats.url);
    const own = new Services(path, nats, stack.move());
    for (const shard of Object.keys(SHARDS) as (keyof typeof SHARDS)[]) await own.#addShard(shard);
    own.#add("archiver", "archiving", { shard: "tier1" });
    // The archiver that is started in the place of another one, as a new pod is.
    own.#add("archiver", "archiving", { shard: "tier1", name: "archiver again" });
    own.#add("gateway", "serving");
    own.#add("signals", "signals run");
    for (const name of own.services.keys()) if (name !== "archiver again") await own.run(name);
    return own;
  }

  async #addShard(shard: keyof typeof SHARDS): Promise<void> {
    const symbols = SYMBOLS.map(({ external }) => ({ external }));
    const source = { type: "model", seed: 5, symbols, ratePerSecond: RATES[shard] } as const;
    const simulator = await startSimulator({ venue: FEED, source });
    this.stack.defer(() => simulator.close());
    const more = ["--feed", FEED, "--endpoint", simulator.url];
    this.#add("connector", "capturing", { shard, name: `connector ${shard}`, more });
  }

  #add(
    program: "connector" | "archiver" | "gateway" | "signals",
    ready: string,
    options: { shard?: string; name?: string; more?: readonly string[] } = {},
  ): void {
    const { shard, name = program, more = [] } = options;
    const port = freePort();
    const flag = program === "gateway" ? "--port" : "--metrics-port";
    const service = new Service({
      ...{ name, cwd: this.folder, ready },
      args: [`${program}/main.ts`, "--env", ENV, flag, `${port}`, ...more],
      ...(shard === undefined ? {} : { env: { SHARD_ID: shard } }),
    });
    this.services.set(name, service);
    this.#ports.set(name, port);
    this.targets[`127.0.0.1:${port}`] = shard === undefined ? {} : { shard };
    this.stack.defer(() => service.kill());
  }

  /** Starts a process and waits until it is at work. */
  async run(name: string): Promise<void> {
    const service = this.#service(name);
    service.start();
    await service.ready();
  }

  /** Kills a process. */
  async kill(name: string): Promise<void> {
    await this.#service(name).kill();
  }

  /** The label with which Prometheus marks a process. */
  instance(name: string): string {
    return `instance="127.0.0.1:${this.#ports.get(name)}"`;
  }

  #service(name: string): Service {
    const service = this.services.get(name);
    if (service === undefined) throw new Error(`there is no ${name}`);
    return service;
  }

  /** Starts the bus again, on which nobody may publish these subjects. */
  async restartBus(denied: string): Promise<void> {
    await Deno.writeTextFile(`${this.folder}/nats.conf`, busConfig(denied));
    await this.nats.restart();
  }

  /** Publishes what is no record. */
  async publishGarbage(): Promise<void> {
    const connection = await connect({ servers: [this.nats.url] });
    connection.publish(`${ENV}.internal.tier1.${FEED}.trade.BTCUSD`, "no record");
    await connection.drain();
  }

  /** Removes everything from the bus, once each stream has got a message that nobody has read. */
  async purgeBus(): Promise<void> {
    const connection = await connect({ servers: [this.nats.url] });
    const manager = await jetstreamManager(connection);
    for await (const name of manager.streams.names()) {
      if (!name.startsWith(`ssmd-${ENV}`)) continue;
      const lastOf = async () => (await manager.streams.info(name)).state.last_seq;
      const before = await lastOf();
      await eventually(`a message in ${name}`, async () => await lastOf() > before);
      await manager.streams.purge(name);
    }
    await connection.close();
  }

  /** The last lines of all processes. */
  get tail(): string {
    return [...this.services.values()].map((service) => service.tail(5)).join("\n");
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stack.disposeAsync();
  }
}

function busConfig(denied: string): string {
  const permissions = denied === "" ? "" : `, permissions: { publish: { deny: [${denied}] } }`;
  return `no_auth_user: anyone
authorization { users: [{ user: anyone, password: any${permissions} }] }`;
}

async function writeProject(folder: string, natsUrl: string): Promise<void> {
  await writeRegistry(folder, {
    ...{ name: ENV, symbols: SYMBOLS, shards: SHARDS },
    transport: `{ type: nats, url: "${natsUrl}" }`,
  });
  const file = `${folder}/exchanges/environments/${ENV}.yaml`;
  await Deno.writeTextFile(file, "signals: { leans: {} }\n", { append: true });
  await Deno.mkdir(`${folder}/signals`);
  await Deno.writeTextFile(`${folder}/signals/leans.ts`, SOAK_SIGNALS["leans"] ?? "");
}

/** The services, and what watches them. */
export interface WatchedServices {
  services: Services;
  watch: Watch;
}

async function restartOften({ services, watch }: WatchedServices): Promise<void> {
  for (let i = 0; i < RESTARTS; i++) {
    await services.kill("gateway");
    await services.run("gateway");
    await watch.sees(
      `${i + 2} starts of the gateway`,
      `changes(ssmd_process_start_time_seconds{${services.instance("gateway")}}[30m]) > ${i}`,
    );
  }
}

/** What can happen to services on a bus, in the order in which it does. */
export const SERVICES_FAULTS: readonly AlertFault<WatchedServices>[] = [
  { fault: "a shard that gets 50 times what the other one gets", alerts: ["SsmdShardImbalance"] },
  {
    fault: "a message that is no record",
    alerts: ["SsmdDeadLetters"],
    make: ({ services }) => services.publishGarbage(),
  },
  {
    fault: "a bus that denies fires",
    alerts: ["SsmdSignalsLate"],
    make: ({ services }) => services.restartBus(DENIED.fires),
    mend: ({ services }) => services.restartBus(""),
  },
  {
    // Apart from fires: a connector whose trade is denied publishes nothing that could fire.
    fault: "a bus that denies trades",
    alerts: ["SsmdBusRefuses"],
    make: ({ services }) => services.restartBus(DENIED.trades),
    mend: ({ services }) => services.restartBus(""),
  },
  {
    fault: "a bus that is away",
    alerts: ["SsmdNobodyTells", "SsmdNotReady", "SsmdBusBacklog"],
    make: ({ services }) => services.nats.kill(),
    mend: ({ services }) => services.nats.restart(),
  },
  {
    fault: "an archiver that comes too late for what the bus keeps",
    alerts: ["SsmdBusGap"],
    make: async ({ services }) => {
      await services.kill("archiver");
      await services.purgeBus();
      await services.run("archiver again");
    },
  },
  {
    fault: "a process that starts again and again",
    alerts: ["SsmdRestarting"],
    make: restartOften,
  },
  {
    fault: "a process that is killed",
    alerts: ["SsmdDown"],
    labels: 'shard="tier2"',
    make: ({ services }) => services.kill("connector tier2"),
  },
  {
    fault: "no process at all",
    alerts: ["SsmdNotScraped"],
    make: async ({ services }) => {
      for (const name of services.services.keys()) await services.kill(name);
    },
  },
];
