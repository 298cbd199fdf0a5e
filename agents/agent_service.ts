/** The agents of an environment on its bus; their library is loaded when there is something to do. @module */
import { decode } from "@ssmd/codec";
import { whoIsThis } from "@ssmd/journal";
import { agentsSubject, type Fire, recordFilters } from "@ssmd/market";
import { agentStorePath, type Deployment, loadPolicies, type Policy } from "@ssmd/metadata";
import { type Health, type Logger, messageOf, type Metrics, sleep } from "@ssmd/runtime";
import { signalFolders } from "@ssmd/signals";
import type { Storage } from "@ssmd/storage";
import type { Consumer, InMessage, Transport } from "@ssmd/transport";
import { hasRunningThreads } from "./agent_store.ts";
import { AGENT_LIMITS } from "./limits.ts";
import type { OpenedAgents } from "./open_agents.ts";

/** What the agents work with. */
interface AgentServiceOptions {
  deployment: Deployment;
  transport: Transport;
  storage: Storage;
  registryDir: string;
  logger: Logger;
  metrics: Metrics;
  health: Health;
}

/** Fires that come within this time are kept by one write. */
const GATHER_MS = 20;
const CONSUMER = "agents-main";

interface Loaded {
  agents: OpenedAgents;
  respond: (payload: Uint8Array) => Promise<Uint8Array>;
}

/** Answers requests for agents, and gives them fires. */
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

  private constructor(options: AgentServiceOptions, policies: readonly Policy[]) {
    this.#options = options;
    this.#policies = policies;
  }

  /** Starts what the environment names; undefined = it names no agents. Throws ConfigError for a wrong policy. */
  static async start(options: AgentServiceOptions): Promise<AgentService | undefined> {
    const { deployment: { agents, environment, dataDir }, registryDir } = options;
    if (agents === undefined) return undefined;
    const policies = await loadPolicies(registryDir, agents.policies ?? []);
    const service = new AgentService(options, policies);
    try {
      await service.#start();
    } catch (error) {
      await service[Symbol.asyncDispose]();
      throw error;
    }
    // What an earlier process left goes on.
    const path = agentStorePath(environment, dataDir);
    const isThere = await Deno.stat(path).then(() => true, () => false);
    if (isThere && (policies.length > 0 || hasRunningThreads(path))) await service.load();
    return service;
  }

  async #start(): Promise<void> {
    const { transport, deployment: { environment: { name: env } }, health } = this.#options;
    health.component("agents").requireForReadiness("fires", () => this.#problem);
    const answers = await transport.respond(agentsSubject(env), async (payload) => {
      return await (await this.load()).respond(payload);
    });
    this.#opened.defer(() => answers.unsubscribe());
    if (this.#policies.length === 0) return;
    const consumer = await transport.consume({
      ...{ name: CONSUMER, filters: recordFilters(env, ["fire"]) },
      onMessage: (message) => this.#take(message),
    });
    this.#consumer = consumer;
    this.#opened.defer(async () => {
      await this.#gathering;
      await consumer.close();
    });
  }

  /** Loads the agents now. Throws as {@linkcode openAgents} does. */
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
      ...{ deployment, storage, project: registryDir.replace(/\/[^/]*\/?$/, "") || "/" },
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
      signalFolders: signalFolders(registryDir).all,
      onFailed,
    });
    return { agents, respond };
  }

  #take({ payload, streamSequence }: InMessage): void {
    try {
      this.#fires.push(decode("fire", payload));
    } catch (error) {
      // The archiver keeps it as a dead letter.
      this.#options.logger.warn("a fire cannot be read", { error: messageOf(error) });
    }
    this.#newest = streamSequence;
    this.#gathering ??= this.#gather().finally(() => this.#gathering = undefined);
  }

  /** Keeps what came, then acknowledges it; while that fails no more is taken off the bus. */
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
        if (this.#fires.length === 0) return;
      } catch (error) {
        this.#consumer?.pause();
        this.#problem = `fires cannot be kept: ${messageOf(error)}`;
        this.#options.logger.error("fires cannot be kept", { error });
        if (this.#ended.signal.aborted) return;
      }
    }
  }

  /** Drains: a step that runs ends, what is left waits for the next start. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort();
    await this.#opened.disposeAsync();
  }
}
