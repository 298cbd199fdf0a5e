import assert from "node:assert/strict";
import { AgentAudit } from "../audit.ts";
import { AgentStore } from "../agent_store.ts";
import { Budget, type BudgetLimits } from "../budget.ts";
import { SqliteSaver } from "../checkpoint/sqlite_saver.ts";
import { type Model, modelUnavailable } from "../model/model.ts";
import { scriptedModel } from "../model/scripted_model.ts";
import { Approvals } from "../approvals.ts";
import { DefinitionAgent } from "./definition_agent.ts";
import { definitionGraph } from "./definition_graph.ts";
import { DRAFT, KILLED_SCRIPT, WORD_GATE, WORDS } from "./_scripted.ts";

/** Places between two kills; SSMD_AGENTS_KILL_ALL=1 kills at every one, a second each. */
const STEP = Deno.env.get("SSMD_AGENTS_KILL_ALL") === "1" ? 1 : 7;

/** A project in a repository of its own. */
class Project implements AsyncDisposable {
  readonly path: string;

  constructor() {
    this.path = Deno.makeTempDirSync();
    Deno.writeTextFileSync(`${this.path}/README.md`, "a project\n");
    for (const args of [["init", "-q"], ["add", "-A"], [...IDENTITY, "commit", "-qm", "first"]]) {
      this.git(...args);
    }
  }

  git(...args: string[]): string {
    const { stdout } = new Deno.Command("git", { args, cwd: this.path }).outputSync();
    return new TextDecoder().decode(stdout);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}

/** Calls of the killed script, one that was lost, and one more draft as the next model errs once, too. */
const CALLS_MAX = 5;
const IDENTITY = ["-c", "user.name=t", "-c", "user.email=t@t.invalid"];

function agentOf(
  project: Project,
  model: Model,
  { store = new AgentStore(undefined), gate = WORD_GATE, budget = {} } = {},
) {
  const approvals = new Approvals(store);
  const audit = new AgentAudit(store);
  const tools = {
    ...{ store, model, gate, audit, approvals, project: project.path },
    budget: new Budget(store, budget),
    checkpointer: new SqliteSaver(store.db),
  };
  const agent = new DefinitionAgent(tools);
  return { agent, store, approvals, audit, tools };
}

function erringModel(): Model {
  return scriptedModel([
    { task: "understanding", answers: [{ summary: "The spread doubles.", question: null }] },
    {
      task: "signal_draft",
      answers: [
        { ...DRAFT, when: "((book.spread >= p.minSpread" },
        { ...DRAFT, when: "book.sprad >= p.minSpread" },
        { ...DRAFT, when: "book.spread >= p.minSpread && Date.now() > 0" },
        DRAFT,
      ],
    },
  ]);
}

Deno.test("words become one commit with file, test and trailers, after a model that errs three times", async () => {
  await using project = new Project();
  const { agent } = agentOf(project, erringModel());
  const asked = await agent.define(WORDS, "ann");
  assert.equal(asked.state, "approval");
  const { hash } = asked;
  assert.ok(hash !== null);
  const done = await agent.decide(asked.id, { decision: "approve", hash, principal: "ann" });
  assert.equal(done.ending?.kind, "committed");
  assert.equal(
    project.git("log", "--oneline", "signal/spread_doubles").trim().split("\n").length,
    2,
  );
  const files = project.git("show", "--stat", "--format=%B", "signal/spread_doubles");
  for (
    const part of [
      ...[
        "signals/spread_doubles.ts",
        "signals/spread_doubles_test.ts",
        `Agent-Thread: ${done.id}`,
      ],
      ...["Agent-Model: scripted", "Source-Hash: ", `Backtest-Hash: ${"b".repeat(64)}`],
      ...[`Approved-Hash: ${hash}`, "Approved-By: ann"],
    ]
  ) assert.ok(files.includes(part), part);
  // Neither the branch that is checked out nor its files changed.
  assert.equal(project.git("status", "--porcelain"), "");
  const kinds = done.audit.map(({ what }) => what);
  for (const what of ["model_call", "gate", "backtest", "approval", "commit", "end"]) {
    assert.ok(kinds.includes(what as never), what);
  }
});

Deno.test("two approvals at once make one commit, and a second one is refused", async () => {
  await using project = new Project();
  const { agent } = agentOf(project, erringModel());
  const { id, hash } = await agent.define(WORDS, "ann");
  const decision = { decision: "approve" as const, hash: String(hash), principal: "ann" };
  const results = await Promise.allSettled([1, 2].map(() => agent.decide(id, decision)));
  assert.deepEqual(results.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
  assert.equal(
    project.git("log", "--oneline", "signal/spread_doubles").trim().split("\n").length,
    2,
  );
  await assert.rejects(agent.decide(id, decision), { code: "APPROVAL_NOT_PENDING" });
});

Deno.test("an approved thread that two processes resume at once runs once", async () => {
  await using project = new Project();
  const { agent, approvals, store } = agentOf(project, erringModel());
  const other = agentOf(project, erringModel(), { store }).agent;
  const { id, hash } = await agent.define(WORDS, "ann");
  approvals.decide(id, { decision: "approve", hash: String(hash), principal: "ann" });
  await Promise.allSettled([agent.resume(id), other.resume(id)]);
  const { ending, audit } = await agent.show(id);
  assert.equal(ending?.kind, "committed");
  assert.equal(audit.filter(({ what }) => what === "commit").length, 1);
  const log = project.git("log", "--oneline", "signal/spread_doubles").trim().split("\n");
  assert.equal(log.length, 2);
});

Deno.test("a forged, expired, or other principal's approval decides nothing", async () => {
  await using project = new Project();
  const { agent, store } = agentOf(project, erringModel());
  const { id, hash } = await agent.define(WORDS, "ann");
  const decide = (more: object) =>
    agent.decide(id, { decision: "approve", hash: String(hash), principal: "ann", ...more });
  await assert.rejects(decide({ hash: "f".repeat(64) }), { code: "APPROVAL_OTHER_HASH" });
  await assert.rejects(decide({ principal: "bob" }), { code: "APPROVAL_OTHER_PRINCIPAL" });
  store.db.exec("UPDATE approvals SET until_ms = 1");
  await assert.rejects(decide({}), { code: "APPROVAL_EXPIRED" });
  assert.equal(project.git("branch", "--list", "signal/*"), "");
  assert.equal((await agent.show(id)).state, "approval");
});

Deno.test("what was edited after its approval is not committed but asked for again", async () => {
  await using project = new Project();
  const { agent, approvals, tools } = agentOf(project, erringModel());
  const { id, hash } = await agent.define(WORDS, "ann");
  const decision = { decision: "approve" as const, hash: String(hash), principal: "ann" };
  approvals.decide(id, decision);
  const draft = { ...DRAFT, when: "book.spread >= 0" } as never;
  await definitionGraph(tools).updateState(
    { configurable: { thread_id: id } },
    { draft },
    "measure",
  );
  const again = await agent.resume(id);
  assert.equal(again.state, "approval");
  assert.notEqual(again.hash, hash);
  await assert.rejects(agent.decide(id, decision), { code: "APPROVAL_OTHER_HASH" });
  assert.equal(project.git("branch", "--list", "signal/*"), "");
});

Deno.test("killed at any location it goes on, and there is one commit", async () => {
  let places = 0;
  for (let location = 1;; location += STEP) {
    await using project = new Project();
    const path = `${project.path}/agents.sqlite`;
    const killed = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "-qA", "--no-check", new URL("_killed_agent.ts", import.meta.url).pathname],
        ...[path, project.path, String(location)],
      ],
      ...{ stdout: "null", stderr: "piped" },
    }).output();
    if (killed.code === 0) break;
    assert.equal(killed.signal, "SIGKILL", new TextDecoder().decode(killed.stderr));
    places++;
    const store = new AgentStore(path);
    const { agent } = agentOf(project, scriptedModel(KILLED_SCRIPT), { store });
    const [{ id } = { id: "" }] = agent.list();
    // What a killed process holds runs out by itself; a test does not wait for that.
    store.db.exec("DELETE FROM leases");
    let thread = await agent.resume(id);
    if (thread.state === "approval") {
      const { hash } = thread;
      thread = await agent.decide(id, {
        ...{ decision: "approve", hash: String(hash), principal: "ann" },
      });
    }
    assert.equal(thread.ending?.kind, "committed", `location ${location}`);
    const log = project.git("log", "--oneline", "signal/spread_doubles").trim().split("\n");
    assert.equal(log.length, 2, `location ${location}`);
    // No step that was over is made again.
    const calls = agent.show(id).then(({ audit }) =>
      audit.filter(({ what }) => what === "model_call")
    );
    assert.ok((await calls).length <= CALLS_MAX, `location ${location}`);
    assert.equal(agent.list()[0]?.state, "ended");
    store[Symbol.dispose]();
  }
  assert.ok(places >= Math.floor(48 / STEP), `${places} places`);
});

Deno.test("a rejected signal is not committed", async () => {
  await using project = new Project();
  const { agent } = agentOf(project, erringModel());
  const { id, hash } = await agent.define(WORDS, "ann");
  const done = await agent.decide(id, {
    ...{ decision: "reject", hash: String(hash), principal: "ann" },
  });
  assert.deepEqual(done.ending, { kind: "rejected", by: "ann" });
  assert.equal(project.git("branch", "--list", "signal/*"), "");
});

Deno.test("a model that never gets it right is given up, and its budget ends it before", async () => {
  await using project = new Project();
  const wrong = scriptedModel([
    { task: "understanding", answers: [{ summary: "s", question: null }] },
    { task: "signal_draft", answers: [{ ...DRAFT, when: "Date.now() > 0" }] },
  ]);
  const failed = await agentOf(project, wrong).agent.define(WORDS, "ann");
  assert.equal(failed.ending?.kind, "gate_failed");
  const spent = await agentOf(project, wrong, { budget: { callsPerThreadMax: 2 } }).agent
    .define(WORDS, "ann");
  assert.equal(spent.ending?.kind, "budget_exhausted");
});

Deno.test("a question is asked and its answer read, by another process too", async () => {
  await using project = new Project();
  const model = scriptedModel([
    { task: "understanding", answers: [{ summary: "s", question: "Of which market?" }] },
    { task: "signal_draft", answers: [DRAFT] },
  ]);
  const { agent, store } = agentOf(project, model);
  const asked = await agent.define("when something happens", "ann");
  assert.deepEqual([asked.state, asked.detail], ["question", "Of which market?"]);
  const other = agentOf(project, model, { store }).agent;
  assert.equal((await other.answer(asked.id, "KXBTC")).state, "approval");
});

/** A model that counts how often it is asked. */
function countedModel(model = erringModel()): Model & { asked: number } {
  const counted = {
    name: model.name,
    asked: 0,
    ask: (question: Parameters<Model["ask"]>[0]) => (counted.asked++, model.ask(question)),
  };
  return counted;
}

Deno.test("words that a thread waits with are that thread, and those that became a signal are refused", async () => {
  await using project = new Project();
  const model = countedModel();
  const { agent, store } = agentOf(project, model);
  // Of two at once one runs.
  await Promise.all([1, 2].map(() => agent.define(WORDS, "ann")));
  assert.deepEqual(agent.list().map(({ state }) => state), ["approval"]);
  const first = await agent.show(String(agent.list()[0]?.id));
  const before = model.asked;
  const again = () => agent.define(` ${WORDS.toUpperCase()} `, "bob");
  const same = await again();
  assert.deepEqual([same.id, same.hash, same.requestedBy], [first.id, first.hash, "ann"]);
  assert.equal(model.asked, before);
  // One that was rejected, or that nobody can approve any more, is in nobody's way.
  const decide = (decision: "approve" | "reject", { id, hash }: { id: string; hash: unknown }) =>
    agent.decide(id, { decision, hash: String(hash), principal: "ann" });
  await decide("reject", first);
  const second = await agent.define(WORDS, "ann");
  store.db.exec("UPDATE approvals SET until_ms = 1");
  const third = await agent.define(WORDS, "ann");
  assert.notEqual(third.id, second.id);
  await decide("approve", third);
  const asked = model.asked;
  await assert.rejects(again(), {
    code: "THREAD_EXISTS",
    message: /made the signal spread_doubles_2 of these words/,
  });
  assert.equal(model.asked, asked);
  await decide("reject", second);
  project.git("branch", "-D", "signal/spread_doubles_2");
  assert.equal((await agent.define(WORDS, "ann")).sources?.id, "spread_doubles");
});

Deno.test("a name that is taken gets a number, so that each signal has a branch of its own", async () => {
  await using project = new Project();
  await Deno.mkdir(`${project.path}/signals`);
  await Deno.writeTextFile(`${project.path}/signals/spread_doubles.ts`, "");
  project.git("branch", "signal/spread_doubles_2");
  const { agent } = agentOf(project, erringModel());
  // The third waits while the fourth is defined.
  const asked = [];
  for (const words of [WORDS, `${WORDS} again`]) asked.push(await agent.define(words, "ann"));
  assert.deepEqual(
    asked.map(({ sources }) => sources?.id),
    ["spread_doubles_3", "spread_doubles_4"],
  );
  for (const { id, hash } of asked) {
    await agent.decide(id, { decision: "approve", hash: String(hash), principal: "ann" });
  }
  const branches = project.git("branch", "--list", "signal/*").trim().split(/\s+/);
  assert.deepEqual(branches, [2, 3, 4].map((n) => `signal/spread_doubles_${n}`));
  const test = project.git("show", "signal/spread_doubles_4:signals/spread_doubles_4_test.ts");
  assert.match(test, /"\.\/spread_doubles_4\.ts"/);
});

Deno.test("a thread whose process ends at a step is gone on with by the next one", async () => {
  await using project = new Project();
  const checking = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  const gate = {
    ...WORD_GATE,
    check: async (sources: Parameters<typeof WORD_GATE.check>[0]) => {
      checking.resolve();
      await released.promise;
      return await WORD_GATE.check(sources);
    },
  };
  const model = countedModel(scriptedModel([
    { task: "understanding", answers: [{ summary: "s", question: null }] },
    { task: "signal_draft", answers: [DRAFT] },
  ]));
  const { agent, store } = agentOf(project, model, { gate });
  const { id, done } = await agent.begin(WORDS, "ann");
  await checking.promise;
  const closed = agent.close();
  released.resolve();
  await closed;
  assert.equal((await done).state, "running");
  const next = agentOf(project, model, { store }).agent;
  await next.resumeLeft((error) => assert.fail(String(error)));
  assert.equal((await next.show(id)).state, "approval");
  // The steps that were over are not made again.
  assert.equal(model.asked, 2);
});

Deno.test("a thread is not begun by a process that ends, nor lost by it", async () => {
  await using project = new Project();
  const { agent, store } = agentOf(project, erringModel());
  await agent.close();
  assert.equal((await agent.define(WORDS, "ann")).state, "running");
  const next = agentOf(project, erringModel(), { store }).agent;
  await next.resumeLeft((error) => assert.fail(String(error)));
  assert.equal(next.list()[0]?.state, "approval");
});

Deno.test("what was spent is counted on by the next process, by thread and by day", async () => {
  await using project = new Project();
  const path = `${project.path}/agents.sqlite`;
  const model = scriptedModel([
    { task: "understanding", answers: [{ summary: "s", question: "Of which market?" }] },
    { task: "signal_draft", answers: [DRAFT] },
  ]);
  const limits: Partial<BudgetLimits>[] = [
    ...[{ callsPerThreadMax: 1 }, { callsPerDayMax: 3 }, { stepsPerThreadMax: 1 }],
  ];
  for (const [n, budget] of limits.entries()) {
    using store = new AgentStore(path);
    const { id } = await agentOf(project, model, { store }).agent.define(`${WORDS} ${n}`, "ann");
    using next = new AgentStore(path);
    const { agent } = agentOf(project, model, { store: next, budget });
    assert.equal((await agent.answer(id, "KXBTC")).ending?.kind, "budget_exhausted", `${n}`);
  }
});

Deno.test("a call of a model that fails is in the audit, and the thread ends with the reason", async () => {
  await using project = new Project();
  const away: Model = {
    name: "away",
    ask: () => Promise.reject(modelUnavailable("away", undefined)),
  };
  const { ending, audit } = await agentOf(project, away).agent.define(WORDS, "ann");
  assert.equal(ending?.kind, "model_failed");
  const call = audit.find(({ what }) => what === "model_call");
  assert.match(String(call?.record["failed"]), /does not answer/);
});
