import { dirname, resolve } from "node:path";
import { type Journal, openJournal, whoIsThis } from "@ssmd/journal";
import {
  agentStorePath,
  type DeployedAgents,
  type Deployment,
  journalConfig,
  type Policy,
} from "@ssmd/metadata";
import { ConfigError, DAY_US, type Logger, nowUs } from "@ssmd/runtime";
import type { Storage } from "@ssmd/storage";
import type { Transport } from "@ssmd/transport";
import { ActionAgent, type ActionAgentOptions } from "./act/action_agent.ts";
import { ActionStore } from "./act/action_store.ts";
import { fireContextReader } from "./act/fire_context.ts";
import { AgentStore } from "./agent_store.ts";
import { Approvals } from "./approvals.ts";
import { AgentAudit } from "./audit.ts";
import { Budget, type BudgetLimits } from "./budget.ts";
import { SqliteSaver } from "./checkpoint/sqlite_saver.ts";
import { DefinitionAgent } from "./define/definition_agent.ts";
import { signalGate } from "./define/gate.ts";
import type { Model, ModelSpec } from "./model/model.ts";
import { openModel } from "./model/open_model.ts";
import { agentTools } from "./tools/agent_tools.ts";

/** Days of archive that new signals are backtested over. */
const BACKTEST_DAYS = 7;

/** Options of {@linkcode openAgents}. */
interface AgentsOptions {
  deployment: Pick<Deployment, "environment" | "dataDir" | "agents">;
  /** Registry folder of the project, in whose repository signals are committed. */
  registryDir: string;
  /** Archive to backtest over; undefined when there is none. */
  storage?: Storage | undefined;
  /** Bus, policies and outlets; absent: no actions on fires. */
  acts?: {
    transport: Transport;
    policies: readonly Policy[];
    logger: Logger;
    onEnded: NonNullable<ActionAgentOptions["onEnded"]>;
  };
}

/** Agents that own their database and journal. */
export interface OpenedAgents extends AsyncDisposable {
  /** Undefined when the environment has no model. */
  definition: DefinitionAgent | undefined;
  /** Undefined when it does not act on fires. */
  action: ActionAgent | undefined;
  actions: ActionStore;
  approvals: Approvals;
  audit: AgentAudit;
}

/** Parts shared by all agents of an environment. */
interface Shared {
  store: AgentStore;
  audit: AgentAudit;
  approvals: Approvals;
  budget: Budget;
  model: Model | undefined;
  checkpointer: SqliteSaver;
}

/** Opens an environment's agents. Throws ConfigError `AGENTS_NOT_CONFIGURED` and parts' errors. */
export async function openAgents(options: AgentsOptions): Promise<OpenedAgents> {
  const { environment, dataDir, agents } = options.deployment;
  if (agents === undefined) throw agentsNotConfigured(environment.name);
  await using stack = new AsyncDisposableStack();
  const model = agents.model && await openModel(modelSpec(agents.model, agents.token));
  const store = stack.use(new AgentStore(agentStorePath(environment, dataDir)));
  const journal = await journalOf(environment);
  if (journal !== undefined) stack.defer(() => journal.close());
  const shared: Shared = {
    ...{ store, model, audit: new AgentAudit(store, journal), approvals: new Approvals(store) },
    ...{ budget: new Budget(store, budgetOf(agents)), checkpointer: new SqliteSaver(store.db) },
  };
  const actions = new ActionStore(store, model?.name);
  const action = actionAgent(options, { shared, actions, stack });
  const definition = definitionAgent(options, shared);
  stack.defer(() => definition?.close());
  const opened = stack.move();
  return {
    ...{ definition, action, actions },
    ...{ approvals: shared.approvals, audit: shared.audit },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

function definitionAgent(
  { deployment: { environment, dataDir }, registryDir, storage }: AgentsOptions,
  { store, model, ...tools }: Shared,
): DefinitionAgent | undefined {
  if (model === undefined) return undefined;
  const workDir = `${dataDir}/agents/work`;
  const fromUs = nowUs() - BACKTEST_DAYS * DAY_US;
  const gate = signalGate({ workDir, env: environment.name, storage, fromUs, registryDir });
  const project = dirname(resolve(registryDir));
  return new DefinitionAgent({ ...tools, store, model, project, workDir, gate });
}

function actionAgent(
  { deployment, acts }: AgentsOptions,
  { shared, actions, stack }: {
    shared: Shared;
    actions: ActionStore;
    stack: AsyncDisposableStack;
  },
): ActionAgent | undefined {
  const { environment: { name: env }, agents } = deployment;
  if (acts === undefined || agents === undefined) return undefined;
  const { transport, policies, logger, onEnded } = acts;
  const { store, ...tools } = shared;
  const publisher = transport.publisher();
  stack.defer(() => publisher.close());
  const agent = new ActionAgent({
    ...{ env, store, policies, logger, publisher, onEnded, webhooks: agents.webhooks },
    tools: {
      ...{ ...tools, actions, principal: whoIsThis().user },
      contextOf: fireContextReader(
        agentTools({ env, transport, firesOf: (...of) => actions.firesOf(...of) }),
      ),
    },
  });
  stack.defer(() => agent.close());
  agent.start();
  return agent;
}

/** Opens the journal; undefined for one in memory, which nothing would read. */
async function journalOf(
  environment: Deployment["environment"],
): Promise<Journal | undefined> {
  const config = journalConfig(environment);
  return config.type === "memory" ? undefined : await openJournal(config);
}

function modelSpec(model: NonNullable<DeployedAgents["model"]>, token: string): ModelSpec {
  if (model.type === "scripted") return model;
  const { credentials: _, ...rest } = model;
  return { ...rest, token };
}

function budgetOf({ budget = {} }: DeployedAgents): Partial<BudgetLimits> {
  const limits = {
    callsPerThreadMax: budget.calls_per_thread,
    tokensPerThreadMax: budget.tokens_per_thread,
    callsPerDayMax: budget.calls_per_day,
    tokensPerDayMax: budget.tokens_per_day,
  };
  return Object.fromEntries(Object.entries(limits).filter(([, limit]) => limit !== undefined));
}

/** Returns the error for an environment without agents. */
export function agentsNotConfigured(env: string): ConfigError {
  return new ConfigError("AGENTS_NOT_CONFIGURED", `Environment ${env} names no model for agents`, {
    hint: "Add agents: { model: … } to its file; demo has a scripted one",
  });
}
