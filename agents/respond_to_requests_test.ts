import assert from "node:assert/strict";
import type { AgentsDone, AgentsRequest, ServiceRefusal } from "@ssmd/market";
import { ActionStore } from "./act/action_store.ts";
import { AgentStore } from "./agent_store.ts";
import { AgentAudit } from "./audit.ts";
import { Budget } from "./budget.ts";
import { SqliteSaver } from "./checkpoint/sqlite_saver.ts";
import { KILLED_SCRIPT, WORD_GATE, WORDS } from "./define/_scripted.ts";
import { Approvals } from "./approvals.ts";
import { DefinitionAgent } from "./define/definition_agent.ts";
import { scriptedModel } from "./model/scripted_model.ts";
import { agentResponder } from "./respond_to_requests.ts";

Deno.test("what a client asks for waits for who runs the process, and mistakes are told", async () => {
  using store = new AgentStore(undefined);
  const audit = new AgentAudit(store);
  const agent = new DefinitionAgent({
    ...{ model: scriptedModel(KILLED_SCRIPT), gate: WORD_GATE, audit, project: "/nowhere" },
    ...{ approvals: new Approvals(store), budget: new Budget(store) },
    ...{ checkpointer: new SqliteSaver(store.db), store },
  });
  const respond = agentResponder({
    agents: { definition: agent, action: undefined, actions: new ActionStore(store) },
    ...{ env: "demo", principal: "operator", registryDir: "exchanges", onFailed: () => {} },
  });
  const ask = async (
    request: AgentsRequest | { action: string },
  ): Promise<AgentsDone | ServiceRefusal> => {
    const bytes = await respond(new TextEncoder().encode(JSON.stringify(request)));
    return JSON.parse(new TextDecoder().decode(bytes));
  };
  const made = await ask({ action: "create", words: WORDS, client: "desk" });
  assert.ok(made.ok && "thread" in made);
  assert.equal(made.thread.state, "approval");
  const { thread, hash } = made.thread;
  const shown = await ask({ action: "show", thread });
  assert.ok(shown.ok && "thread" in shown && shown.thread.hash === hash);
  const approval = { decision: "approve" as const, hash: String(hash), principal: "desk" };
  await assert.rejects(agent.decide(thread, approval), { code: "APPROVAL_OTHER_PRINCIPAL" });
  const codeOf = async (request: AgentsRequest | { action: string }) => {
    const answer = await ask(request);
    return answer.ok ? "" : answer.code;
  };
  // A client that asks again is told of the same thread.
  const again = await ask({ action: "create", words: WORDS, client: "desk" });
  assert.ok(again.ok && "thread" in again && again.thread.thread === thread);
  assert.equal(await codeOf({ action: "show", thread: "d-none" }), "THREAD_UNKNOWN");
  assert.equal(await codeOf({ action: "test", signal: "../../etc/passwd" }), "SIGNAL_UNKNOWN");
  assert.equal(await codeOf({ action: "answer", thread, text: "x" }), "QUESTION_NOT_ASKED");
  assert.equal(await codeOf({ action: "deploy" }), "AGENTS_REQUEST");
});
