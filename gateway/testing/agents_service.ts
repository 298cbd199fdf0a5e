import {
  type AgentsDone,
  type AgentsRequest,
  agentsSubject,
  type AgentThread,
  type FireAction,
  type ServiceRefusal,
} from "@ssmd/market";
import type { Transport } from "@ssmd/transport";

const HASH = "c".repeat(64);

const ACTION: FireAction = {
  ...{ id: "a-1", fire: "f-1", signal: "spread_widens", feed: "kraken", symbol: "BTCUSD" },
  ...{ policy: "demo", action: "tell", type: "alert", detail: { severity: "low" } },
  ...{ state: "approval", chosen_by: "model", model: "scripted", reason: "wide", problem: "" },
  ...{ hash: HASH, decided_by: "", at: 1_785_542_400_000, ended_at: 0 },
};

const THREAD: AgentThread = {
  ...{ thread: "d-1", state: "approval", detail: "wide", model: "scripted", signal: "wide" },
  ...{ source: "export default 1;", hash: HASH, checks: [] },
};

/**
 * Answers like the agents service with these actions, newest first (default one), and one action
 * and one signal pending approval.
 */
export async function answerAsAgents(
  transport: Transport,
  changes: readonly Partial<FireAction>[] = [{}],
): Promise<AgentsRequest[]> {
  const actions = changes.map((change) => ({ ...ACTION, ...change }));
  const requested: AgentsRequest[] = [];
  await transport.respond(agentsSubject("test"), (payload) => {
    const request = JSON.parse(new TextDecoder().decode(payload)) as AgentsRequest;
    requested.push(request);
    const answer: AgentsDone | ServiceRefusal = request.action === "actions"
      ? { ok: true, actions: pageOf(actions, request) }
      : request.action === "markets"
      ? { ok: true, markets: actions }
      : { ok: true, waiting: { threads: [THREAD], actions: [ACTION] } };
    return new TextEncoder().encode(JSON.stringify(answer));
  });
  return requested;
}

function pageOf(
  actions: readonly FireAction[],
  { after, limit, markets }: Extract<AgentsRequest, { action: "actions" }>,
): FireAction[] {
  const first = actions.findIndex(({ id }) => id === after) + 1;
  const symbols = markets?.map(({ symbol }) => symbol);
  return actions.slice(first).filter(({ symbol }) => symbols?.includes(symbol) ?? true)
    .slice(0, limit);
}
