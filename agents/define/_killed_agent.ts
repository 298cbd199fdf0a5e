/** Defines and approves a signal, killing itself at the point in its third argument. @module */
import { AgentAudit } from "../audit.ts";
import { AgentStore } from "../agent_store.ts";
import { Budget } from "../budget.ts";
import { SqliteSaver } from "../checkpoint/sqlite_saver.ts";
import { scriptedModel } from "../model/scripted_model.ts";
import { KILLED_SCRIPT, WORD_GATE, WORDS } from "./_scripted.ts";
import { Approvals } from "../approvals.ts";
import { DefinitionAgent } from "./definition_agent.ts";

const [path = "", project = "", place = "0"] = Deno.args;
let left = Number(place);

/** Counts a kill point before and after a node's action. */
async function counted<T>(body: () => Promise<T>): Promise<T> {
  if (--left === 0) Deno.kill(Deno.pid, "SIGKILL");
  const value = await body();
  if (--left === 0) Deno.kill(Deno.pid, "SIGKILL");
  return value;
}

const store = new AgentStore(path);
const model = scriptedModel(KILLED_SCRIPT);
const audit = new AgentAudit(store);
const add = audit.add.bind(audit);
audit.add = (thread, what, record) => counted(() => add(thread, what, record));
const checkpointer = new SqliteSaver(store.db);
const put = checkpointer.put.bind(checkpointer);
// Also between two nodes.
checkpointer.put = (...given) => counted(() => put(...given));
const agent = new DefinitionAgent({
  model: { name: model.name, ask: (question) => counted(() => model.ask(question)) },
  gate: {
    check: (sources) => counted(() => WORD_GATE.check(sources)),
    backtest: (sources) => counted(() => WORD_GATE.backtest(sources)),
  },
  ...{ audit, approvals: new Approvals(store), budget: new Budget(store), project },
  ...{ checkpointer, store },
});
const { id, hash } = await agent.define(WORDS, "ann");
await agent.decide(id, { decision: "approve", hash: String(hash), principal: "ann" });
