/** Agents of an environment on its bus; their libraries are loaded on first use. @module */
import { decode } from "@ssmd/codec";
import { whoIsThis } from "@ssmd/journal";
import { agentsSubject, type Fire, recordFilters } from "@ssmd/market";
import { agentStorePath, type Deployment, loadPolicies, type Policy } from "@ssmd/metadata";
import {
  type Health,
  type Logger,
  messageOf,
  type Metrics,
  ServiceLease,
  sleep,
  SsmdError,
} from "@ssmd/runtime";
import type { Storage } from "@ssmd/storage";
import type { Consumer, InMessage, StreamHole, Transport } from "@ssmd/transport";
import { firePositionOf, hasRunningThreads, noteFirePosition } from "./agent_store.ts";
import { AGENT_LIMITS } from "./limits.ts";
import { archivedFires } from "./missed_fires.ts";
import type { OpenedAgents } from "./open_agents.ts";

/** Options of {@linkcode AgentService}. */
interface AgentServiceOptions {
  deployment: Deployment;
  transport: Transport;
  storage: Storage;
  registryDir: string;
  logger: Logger;
  metrics: Metrics;
  health: Health;
}

/** Time for collecting fires into one write. */
const GATHER_MS = 20;
const CONSUMER = "agents-main";
/** Interval of noting the stream position without fires. */
const POSITION_EVERY_MS = 600_000;
/** Attempts to read missed fires from the archive before continuing without them. */
const TRIES_MAX = 5;

interface Loaded {
  agents: OpenedAgents;
  respond: (payload: Uint8Array) => Promise<Uint8Array>;
}

/** Answers agent requests and feeds fires to the agents. */
export class AgentService implements AsyncDisposable {
  #options: AgentServiceOptions;
  #policies: readonly Policy[];
  #opened = new AsyncDisposableStack();
  #loaded: Promise<Loaded> | undefined;
  #fires: Fire[] = [];
  #newest = 0;
  #gathering: Promise<void> | undefined;
  #consumer: Consumer | undefined;
  #ended = new AbortController();
  #problem: string | undefined;
  #lease: ServiceLease;
  #standingBy: Promise<void> | undefined;
  #active = Promise.withResolvers<void>();

  private constructor(options: AgentServiceOptions, policies: readonly Policy[]) {
    this.#options = options;
    this.#policies = policies;
    const { transport, logger } = options;
    this.#lease = new ServiceLease({
      ...{ cell: transport.leaseCell?.("agents"), service: "agents", logger },
      superseded: (holder) =>
        new SsmdError("AGENTS_SUPERSEDED", `${holder} runs the agents now`, {
          hint: "Nothing is lost: another process took over; if restarted, this one is the standby",
        }),
    });
  }

  /** Resolves when it becomes active, or is closed before. */
  get active(): Promise<void> {
    return this.#active.promise;
  }

  /** Resolves with the error when another service has taken over; the process should exit. */
  get superseded(): Promise<SsmdError> {
    return this.#lease.lost;
  }

  /**
   * Starts the environment's agents; undefined when it has none. Of several services on a bus only
   * one runs, as its database counts budgets and actions; the others stand by. Throws ConfigError
   * for an invalid policy.
   */
  static async start(options: AgentServiceOptions): Promise<AgentService | undefined> {
    const { deployment: { agents }, registryDir } = options;
    if (agents === undefined) return undefined;
    const policies = await loadPolicies(registryDir, agents.policies ?? []);
    const service = new AgentService(options, policies);
    try {
      await service.#start();
    } catch (error) {
      await service[Symbol.asyncDispose]();
      throw error;
    }
    return service;
  }

  async #start(): Promise<void> {
    const checks = this.#options.health.component("agents");
    checks.requireForReadiness("fires", () => this.#problem);
    checks.requireForReadiness(
      "lease",
      () => this.#lease.heldBy === "" ? undefined : `${this.#lease.heldBy} runs them`,
    );
    this.#opened.defer(() => this.#lease.release());
    if (await this.#lease.tryAcquire()) await this.#run();
    else this.#standingBy = this.#standBy();
  }

  /** Waits for the lease, then runs. */
  async #standBy(): Promise<void> {
    for (;;) {
      try {
        if (await this.#lease.acquire(this.#ended.signal)) await this.#run();
        return;
      } catch (error) {
        this.#options.logger.error("agents that stood by cannot start", { error });
        await sleep(AGENT_LIMITS.retryMs, this.#ended.signal);
      }
    }
  }

  async #run(): Promise<void> {
    await this.#subscribe();
    // Resume the work of an earlier process.
    const path = this.#storePath;
    if (isThere(path) && (this.#policies.length > 0 || hasRunningThreads(path))) await this.load();
    this.#active.resolve();
  }

  async #subscribe(): Promise<void> {
    const { transport, deployment: { environment: { name: env } } } = this.#options;
    const answers = await transport.respond(agentsSubject(env), async (payload) => {
      return await (await this.load()).respond(payload);
    });
    this.#opened.defer(() => answers.unsubscribe());
    if (this.#policies.length === 0) return;
    const path = this.#storePath;
    const consumer = await transport.consume({
      ...{ name: CONSUMER, filters: recordFilters(env, ["fire"]) },
      onMessage: (message) => this.#take(message),
      onHole: (hole) => this.#missed(hole),
      position: transport.durable && isThere(path) ? firePositionOf(path) : undefined,
    });
    this.#consumer = consumer;
    const noting = setInterval(() => this.#notePosition(), POSITION_EVERY_MS);
    this.#opened.defer(async () => {
      clearInterval(noting);
      await this.#gathering;
      this.#notePosition();
      await consumer.close();
    });
  }

  get #storePath(): string {
    const { environment, dataDir } = this.#options.deployment;
    return agentStorePath(environment, dataDir);
  }

  /** Saves the position of stored fires: a restart detects fires that left the bus after it. */
  #notePosition(): void {
    const { transport, logger } = this.#options;
    const path = this.#storePath;
    // Received fires must be stored first.
    if (!transport.durable || this.#fires.length > 0 || !isThere(path)) return;
    try {
      if (this.#consumer !== undefined) noteFirePosition(path, this.#consumer.position);
    } catch (error) {
      logger.warn("how far fires are taken is not noted", { error: messageOf(error) });
    }
  }

  /** Recovers fires that left the bus unread from the archive, as far as they are archived. */
  async #missed(hole: StreamHole): Promise<void> {
    const { logger, storage, deployment: { environment: { name: env, feeds } } } = this.#options;
    const missed = hole.type === "left" ? hole.missed : "unknown";
    for (let tries = 1; !this.#ended.signal.aborted; tries++) {
      try {
        const fires = await archivedFires({ env, feeds, storage, policies: this.#policies });
        logger.error("fires may have left the bus unread: those that are archived are taken", {
          ...{ hole: hole.type, messages: missed, archived: fires.length },
        });
        this.#fires.push(...fires);
        this.#problem = undefined;
        if (fires.length > 0) this.#gatherSoon();
        return;
      } catch (error) {
        this.#problem = `fires left the bus and cannot be read: ${messageOf(error)}`;
        logger.error("fires left the bus unread, and the archive cannot be read", { error });
        if (tries >= TRIES_MAX) return;
        await sleep(AGENT_LIMITS.retryMs, this.#ended.signal);
      }
    }
  }

  /** Loads the agents. Throws as {@linkcode openAgents}. */
  load(): Promise<Loaded> {
    this.#loaded ??= this.#load().catch((error) => {
      this.#loaded = undefined;
      throw error;
    });
    return this.#loaded;
  }

  async #load(): Promise<Loaded> {
    const { deployment, transport, storage, registryDir, logger, metrics } = this.#options;
    const { agentResponder, openAgents } = await import("./mod.ts");
    const ended = metrics.counter("actions_total", "Fires that policies acted on.", [
      ...["policy", "type", "state", "severity"],
    ]);
    const agents = await openAgents({
      ...{ deployment, storage, registryDir },
      ...(this.#policies.length === 0 ? {} : {
        acts: {
          ...{ transport, policies: this.#policies, logger },
          onEnded: ({ policy, type, state, detail: { severity = "" } }) =>
            ended.inc({ policy, type, state, severity: String(severity) }),
        },
      }),
    });
    this.#opened.use(agents);
    const onFailed = (error: unknown) => logger.error("an agent's thread failed", { error });
    void agents.definition?.resumeLeft(onFailed);
    const respond = agentResponder({
      ...{ agents, env: deployment.environment.name, principal: whoIsThis().user },
      registryDir,
      onFailed,
    });
    return { agents, respond };
  }

  #take({ payload, streamSequence }: InMessage): void {
    try {
      this.#fires.push(decode("fire", payload));
    } catch (error) {
      // The archiver stores it as a dead letter.
      this.#options.logger.warn("a fire cannot be read", { error: messageOf(error) });
    }
    this.#newest = streamSequence;
    this.#gatherSoon();
  }

  #gatherSoon(): void {
    this.#gathering ??= this.#gather().finally(() => this.#gathering = undefined);
  }

  /** Stores received fires, then acknowledges them; pauses consumption on failure. */
  async #gather(): Promise<void> {
    for (let waitMs = GATHER_MS;; waitMs = AGENT_LIMITS.retryMs) {
      await sleep(waitMs, this.#ended.signal);
      const [fires, newest] = [this.#fires, this.#newest];
      try {
        const { agents: { action } } = await this.load();
        action?.take(fires);
        this.#fires = this.#fires.slice(fires.length);
        this.#consumer?.acknowledge(newest);
        this.#problem = undefined;
        this.#consumer?.resume();
        if (this.#fires.length === 0) return this.#notePosition();
      } catch (error) {
        this.#consumer?.pause();
        this.#problem = `fires cannot be kept: ${messageOf(error)}`;
        this.#options.logger.error("fires cannot be kept", { error });
        if (this.#ended.signal.aborted) return;
      }
    }
  }

  /** Drains: finishes running steps; the rest continues on the next start. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort();
    this.#active.resolve();
    await this.#standingBy;
    await this.#opened.disposeAsync();
  }
}

function isThere(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
