import type { Journal } from "@ssmd/journal";
import { agentStorePath, type DeployedAgents, type Deployment } from "@ssmd/metadata";
import { ConfigError, nowUs } from "@ssmd/runtime";
import type { Storage } from "@ssmd/storage";
import { AgentStore } from "./agent_store.ts";
import { AgentAudit } from "./audit.ts";
import { Budget, type BudgetLimits } from "./budget.ts";
import { SqliteSaver } from "./checkpoint/sqlite_saver.ts";
import { Approvals } from "./define/approvals.ts";
import { DefinitionAgent } from "./define/definition_agent.ts";
import { signalGate } from "./define/gate.ts";
import type { ModelSpec } from "./model/model.ts";
import { openModel } from "./model/open_model.ts";

/** Days of the archive that a new signal is backtested over. */
const BACKTEST_DAYS = 7;
const DAY_US = 86_400_000_000;

/** What the definition agent of an environment is made from. */
interface DefinitionOptions {
  deployment: Pick<Deployment, "environment" | "dataDir" | "agents">;
  /** Folder of the project, in whose repository signals are committed. */
  project: string;
  /** The archive; undefined = there is none to backtest over. */
  storage?: Storage | undefined;
  journal?: Journal;
}

/** An agent with its database, which is closed with it. */
interface OpenedDefinitionAgent extends Disposable {
  agent: DefinitionAgent;
}

/** The definition agent of an environment. Throws ConfigError `AGENTS_NOT_CONFIGURED`. */
export async function openDefinitionAgent(
  { deployment, project, storage, journal }: DefinitionOptions,
): Promise<OpenedDefinitionAgent> {
  const { environment, dataDir, agents } = deployment;
  if (agents === undefined) throw notConfigured(environment.name);
  const model = await openModel(modelSpec(agents));
  const store = new AgentStore(agentStorePath(environment, dataDir));
  const agent = new DefinitionAgent(store, {
    ...{ model, project, checkpointer: new SqliteSaver(store.db) },
    audit: new AgentAudit(store, journal),
    approvals: new Approvals(store),
    budget: new Budget(store, budgetOf(agents)),
    gate: signalGate({
      ...{ workDir: `${dataDir}/agents/work`, env: environment.name, storage },
      fromUs: nowUs() - BACKTEST_DAYS * DAY_US,
    }),
  });
  return { agent, [Symbol.dispose]: () => store[Symbol.dispose]() };
}

function modelSpec({ model, token }: DeployedAgents): ModelSpec {
  if (model.type === "scripted") return model;
  const { credentials: _, ...rest } = model;
  return { ...rest, token };
}

function budgetOf({ budget = {} }: DeployedAgents): Partial<BudgetLimits> {
  const { calls_per_thread: calls, tokens_per_thread: tokens, tokens_per_day: daily } = budget;
  return {
    ...(calls === undefined ? {} : { callsPerThreadMax: calls }),
    ...(tokens === undefined ? {} : { tokensPerThreadMax: tokens }),
    ...(daily === undefined ? {} : { tokensPerDayMax: daily }),
  };
}

function notConfigured(env: string): ConfigError {
  return new ConfigError("AGENTS_NOT_CONFIGURED", `environment ${env} names no model for agents`, {
    hint: "add agents: { model: … } to its file; demo has a scripted one",
  });
}
