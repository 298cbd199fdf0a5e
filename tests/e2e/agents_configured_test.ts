import assert from "node:assert/strict";
import { eventually, Folder, Running, RunningUp, runSsmd } from "./_process.ts";
import { writeRegistry } from "./_registry.ts";

const ENV = "watching";
const SCRIPTED = "scripted (no language model)";
const WORDS = "when the spread of any market doubles within ten seconds";
/** A fire, the agents' first start and a check of a signal, on a machine that is busy. */
const WAIT_MS = 180_000;
const IDENTITY = ["-c", "user.name=t", "-c", "user.email=t@t.invalid"];

/** A project in a repository of its own, with a simulated venue. */
async function writeProject(path: string, more: Record<string, unknown>): Promise<void> {
  const feeds = { kraken: { symbols: { BTCUSD: "BTC/USD" } } };
  await writeRegistry(path, { name: ENV, feeds, simulatedRate: 100 });
  const policy = "exchanges/policies/demo-watch.yaml";
  await Deno.copyFile(new URL(`../../${policy}`, import.meta.url), `${path}/${policy}`);
  const file = `${path}/exchanges/environments/${ENV}.yaml`;
  const environment = { ...JSON.parse(await Deno.readTextFile(file)), ...more };
  await Deno.writeTextFile(file, JSON.stringify(environment));
  for (const args of [["init", "-q"], ["add", "-A"], [...IDENTITY, "commit", "-qm", "first"]]) {
    await git(path, args);
  }
}

async function git(cwd: string, args: string[]): Promise<string> {
  const { stdout } = await new Deno.Command("git", { args, cwd }).output();
  return new TextDecoder().decode(stdout);
}

/** Ports on which a process listens. */
async function portsOf(pid: number): Promise<number[]> {
  const inodes = new Set<string>();
  for (const { name } of Deno.readDirSync(`/proc/${pid}/fd`)) {
    const target = await Deno.readLink(`/proc/${pid}/fd/${name}`).catch(() => "");
    inodes.add(/^socket:\[(\d+)\]$/.exec(target)?.[1] ?? "");
  }
  return ["tcp", "tcp6"].flatMap((table) =>
    Deno.readTextFileSync(`/proc/${pid}/net/${table}`).split("\n")
      .map((line) => line.trim().split(/\s+/))
      .filter(([, , , state, , , , , , inode = ""]) => state === "0A" && inodes.has(inode))
      .map(([, local = ""]) => parseInt(local.split(":")[1] ?? "", 16))
  );
}

/** Processes that a process started. */
function childrenOf(pid: number): string[] {
  return [...Deno.readDirSync(`/proc/${pid}/task`)].flatMap(({ name }) =>
    Deno.readTextFileSync(`/proc/${pid}/task/${name}/children`).split(" ").filter(Boolean)
  );
}

async function post(url: string, body: unknown): Promise<Record<string, unknown>> {
  const headers = { "content-type": "application/json" };
  const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
  return await response.json();
}

Deno.test("where neither a model nor a policy is named, nothing of the agents runs", async () => {
  await using folder = new Folder();
  const { path } = folder;
  const webhooks = { desk: { url: "https://desk.example/hook" } };
  await writeProject(path, { agents: { webhooks } });
  await using up = new RunningUp(["--env", ENV], { cwd: path });
  const url = await up.url();
  await up.line("running");
  const venue = await up.endpoint("kraken");
  const expected = [url, venue].map((each) => Number(new URL(each).port)).sort();
  assert.deepEqual([...new Set(await portsOf(up.pid))].sort(), expected, "listeners");
  assert.deepEqual(childrenOf(up.pid), [], "processes");
  // Nobody listens for what agents are asked on the bus.
  for (const [name, args] of [["create_signal", { words: WORDS }], ["test_signal", { id: "x" }]]) {
    assert.equal((await post(`${url}/v1/tools/${name}`, args))["code"], "AGENTS_AWAY");
  }
  assert.equal((await (await fetch(`${url}/v1/actions`)).json()).code, "AGENTS_AWAY");
  assert.doesNotMatch(await (await fetch(`${url}/health/ready`)).text(), /agents/);
  assert.doesNotMatch(await (await fetch(`${url}/metrics`)).text(), /^ssmd_(agents|actions)_/m);
  const defined = await runSsmd(["agent", "define", WORDS, "--env", ENV], { cwd: path });
  assert.notEqual(defined.code, 0);
  assert.match(defined.output, /AGENTS_NOT_CONFIGURED/);
  const kept = [...Deno.readDirSync(`${path}/data`)].map(({ name }) => name);
  assert.ok(!kept.includes("agents"), `${kept}`);
});

Deno.test("the service of the agents asks for no bus where it has nothing to do", async () => {
  await using folder = new Folder();
  // Nothing listens there.
  const transport = { type: "nats", url: "nats://127.0.0.1:1" };
  await writeProject(folder.path, { transport });
  await using service = new Running(["--env", ENV, "--metrics-port", "0"], {
    ...{ cwd: folder.path, service: "agents" },
  });
  const { code, output } = await service.end();
  assert.equal(code, 2, output);
  assert.match(output, /AGENTS_NOT_CONFIGURED/);
  assert.deepEqual(
    [...Deno.readDirSync(folder.path)].map(({ name }) => name).includes("data"),
    false,
  );
});

Deno.test("a scripted model is marked as such wherever it is heard of", async (t) => {
  await using folder = new Folder();
  const { path } = folder;
  await writeProject(path, {
    signals: { momentum_burst: { params: { minChange: 0.0001 } } },
    journal: { type: "file", path: "./data/journal" },
    agents: { model: { type: "scripted" }, policies: ["demo-watch"] },
  });
  await using up = new RunningUp(["--env", ENV], { cwd: path });
  const url = await up.url();
  const ssmd = async (...args: string[]) => {
    const { code, output } = await runSsmd([...args, "--env", ENV], { cwd: path });
    assert.equal(code, 0, output);
    return output;
  };
  const marked = (text: string) => assert.ok(text.includes(SCRIPTED), text);
  const actions = await eventually("an action", async () => {
    const { actions } = await (await fetch(`${url}/v1/actions`)).json();
    return actions?.some(({ state }: { state: string }) => state === "done") && actions;
  }, WAIT_MS);
  const create = async (args: Record<string, string>) => {
    const { data } = await post(`${url}/v1/tools/create_signal`, args);
    return data as { thread: string; state: string; model: string };
  };
  const { thread: id } = await create({ words: WORDS });
  const [waiting] = await eventually("a signal that waits", async () => {
    const { threads } = await (await fetch(`${url}/v1/admin/agent/waiting`)).json();
    return threads.length > 0 && threads;
  }, WAIT_MS);
  const thread = await create({ thread: id });
  await t.step("REST", () => {
    for (const { model, state } of actions) if (state === "done") assert.equal(model, SCRIPTED);
    assert.equal(waiting.model, SCRIPTED);
  });
  await t.step("tools", () => assert.equal(thread.model, SCRIPTED));
  await t.step("commands", async () => {
    marked(await ssmd("agent", "list"));
    marked(await ssmd("agent", "show", thread.thread));
    marked(await ssmd("action", "list"));
    marked(await ssmd("action", "show", actions.at(-1).id));
    marked(await ssmd("agent", "approve", thread.thread, "--yes"));
  });
  await t.step("the commit", async () => {
    const message = await git(path, ["log", "-1", "--format=%B", "signal/spread_doubles"]);
    assert.ok(message.includes(`Agent-Model: ${SCRIPTED}`), message);
  });
  await t.step("the audit", () => {
    const records = [...Deno.readDirSync(`${path}/data/journal`)]
      .flatMap(({ name }) => Deno.readTextFileSync(`${path}/data/journal/${name}`).split("\n"));
    const calls = records.filter((line) => line.includes(`"what":"model_call"`));
    assert.ok(calls.length > 0);
    for (const call of calls) marked(call);
  });
});
