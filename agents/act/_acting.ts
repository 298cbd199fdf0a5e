/** An agent acting on made-up fires, for tests. @module */
import type { Fire } from "@ssmd/market";
import type { DeployedWebhook, Policy } from "@ssmd/metadata";
import { type Logger, silentLogger } from "@ssmd/runtime";
import { openTransport, type Transport } from "@ssmd/transport";
import { AgentStore } from "../agent_store.ts";
import { Approvals } from "../approvals.ts";
import { AgentAudit } from "../audit.ts";
import { Budget, type BudgetLimits } from "../budget.ts";
import { SqliteSaver } from "../checkpoint/sqlite_saver.ts";
import type { Model } from "../model/model.ts";
import type { Script } from "../model/script.ts";
import { ActionAgent } from "./action_agent.ts";
import { ActionStore } from "./action_store.ts";
import type { FireContext } from "./decision.ts";
import type { NoteCall } from "./fire_context.ts";

/** Default action is a log note; the script posts every fire. */
export const POLICY: Policy = {
  ...{ name: "watch", signals: ["spread_*"], default: "note", per_hour: 100_000 },
  actions: { note: { type: "log" }, post: { type: "webhook", to: "desk" } },
};

/** Chooses the posting action. */
export const POSTS: Script = [
  { task: "interpretation", answers: [{ summary: "The spread widens.", importance: "high" }] },
  { task: "decision", answers: [{ action: "post", reason: "it is wide" }] },
];

/** Fixed, so that midnight during a test does not reset the daily budget. */
const oneDay = () => "2026-11-02";

/** Returns the n-th fire. */
export function fireOf(n: number): Fire {
  return {
    ...{ type: "fire", id: n.toString(16).padStart(32, "0"), signal: "spread_widens", version: 1 },
    ...{ symbol: "KXBTC-26", feed: "kalshi", sequence: n, timestampUs: 0 },
    ...{ receivedAtUs: Date.now() * 1000, sourceHash: "a".repeat(64), paramsHash: "b".repeat(64) },
    ...{ causeSequence: n, causeReceivedAtUs: 0, values: '{"spread":0.05}', engine: "1 v8/1" },
  };
}

/** The agent and its parts. */
export interface Acting extends AsyncDisposable {
  agent: ActionAgent;
  actions: ActionStore;
  approvals: Approvals;
  audit: AgentAudit;
  store: AgentStore;
  transport: Transport;
}

/** Creates an agent with its own database on an in-memory bus. */
export async function acting(
  { model, policy = POLICY, webhooks = {}, budget = {}, path, texts = [], ...more }: {
    model: Model | undefined;
    policy?: Policy;
    webhooks?: Record<string, DeployedWebhook>;
    budget?: Partial<BudgetLimits>;
    path?: string;
    texts?: string[];
    logger?: Logger;
    drainMs?: number;
  },
): Promise<Acting> {
  const { logger = silentLogger, drainMs } = more;
  const store = new AgentStore(path);
  const transport = await openTransport({ type: "memory" }, { env: "demo", logger: silentLogger });
  const actions = new ActionStore(store, model?.name);
  const [approvals, audit] = [new Approvals(store), new AgentAudit(store)];
  const contextOf = async (fire: Fire, note: NoteCall): Promise<FireContext> => {
    await note("get_recent_trades", { symbol: fire.symbol }, { trades: [] });
    return { earlierFires: [], trades: [], texts };
  };
  const publisher = transport.publisher();
  const agent = new ActionAgent({
    ...{ env: "demo", store, policies: [policy], webhooks, logger, publisher },
    ...(drainMs === undefined ? {} : { drainMs }),
    tools: {
      ...{ model, audit, approvals, actions, principal: "ann", contextOf },
      ...{ budget: new Budget(store, budget, oneDay), checkpointer: new SqliteSaver(store.db) },
    },
  });
  agent.start();
  return {
    ...{ agent, actions, approvals, audit, store, transport },
    [Symbol.asyncDispose]: async () => {
      await agent.close();
      await publisher.close();
      await transport.close();
      store[Symbol.dispose]();
    },
  };
}
