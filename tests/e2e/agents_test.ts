import assert from "node:assert/strict";
import { decode, Encoder } from "@ssmd/codec";
import {
  type Action,
  actionSubject,
  type AgentsDone,
  type AgentsRequest,
  agentsSubject,
  type FireAction,
  fireSubject,
  type ServiceRefusal,
} from "@ssmd/market";
import { DatabaseSync } from "node:sqlite";
import { openTransport, type Transport } from "@ssmd/transport";
import { natsServerProgram, startNatsServer } from "../servers/nats_server.ts";
import { eventually, Folder, Running } from "./_process.ts";
import { writeRegistry } from "./_registry.ts";

const ENV = "acting";
const POLICY = `name: watch
signals: [spread_widens]
actions:
  tell: { type: alert }
  desk: { type: webhook, to: desk }
  ask: { type: log, approve: 15m }
default: tell
`;
const SCRIPT = [
  { task: "interpretation", answers: [{ summary: "s", importance: "low" }] },
  {
    ...{ task: "decision", when: "KXBTC-2" },
    answers: [{ action: "ask", reason: "a person says" }],
  },
  { task: "decision", answers: [{ action: "desk", reason: "it is wide" }] },
];

/** A registry whose policy posts to `url`. */
async function write(folder: string, natsUrl: string, url: string): Promise<void> {
  const feeds = { kalshi: { symbols: { "KXBTC-1": "KXBTC-1" } } };
  await writeRegistry(folder, { name: ENV, feeds, natsUrl });
  await Deno.mkdir(`${folder}/exchanges/policies`, { recursive: true });
  await Deno.writeTextFile(`${folder}/exchanges/policies/watch.yaml`, POLICY);
  await Deno.mkdir(`${folder}/data`);
  await Deno.writeTextFile(`${folder}/data/script.json`, JSON.stringify(SCRIPT));
  const file = `${folder}/exchanges/environments/${ENV}.yaml`;
  const environment = JSON.parse(await Deno.readTextFile(file));
  environment.journal = { type: "file", path: "./data/journal" };
  environment.agents = {
    model: { type: "scripted", path: "./data/script.json" },
    ...{ policies: ["watch"], webhooks: { desk: { url } } },
  };
  await Deno.writeTextFile(file, JSON.stringify(environment));
}

/** Publishes fires, `from` … `to - 1`, on a symbol. */
async function fire(bus: Transport, symbol: string, [from, to]: [number, number]): Promise<void> {
  const publisher = bus.publisher();
  const encoder = new Encoder();
  for (let n = from; n < to; n++) {
    const payload = encoder.encode({
      ...{
        type: "fire",
        id: n.toString(16).padStart(32, "0"),
        signal: "spread_widens",
        version: 1,
      },
      ...{ symbol, feed: "kalshi", sequence: n, timestampUs: 0, receivedAtUs: Date.now() * 1000 },
      ...{ sourceHash: "a".repeat(64), paramsHash: "b".repeat(64), causeSequence: n },
      ...{ causeReceivedAtUs: 0, values: '{"spread":0.05}', engine: "1 v8/1" },
    });
    publisher.publish({ subject: fireSubject(ENV, "spread_widens"), payload, id: `fire-${n}` });
  }
  await publisher.flush();
  await publisher.close();
}

async function ask(bus: Transport, request: AgentsRequest): Promise<readonly FireAction[]> {
  const payload = new TextEncoder().encode(JSON.stringify(request));
  const bytes = await bus.request(agentsSubject(ENV), payload, 60_000);
  const answer: AgentsDone | ServiceRefusal = JSON.parse(new TextDecoder().decode(bytes));
  assert.ok(answer.ok && "actions" in answer, JSON.stringify(answer));
  return answer.actions;
}

Deno.test({
  name: "the agents' service acts on fires of a shared bus, drains, and goes on where it was",
  ignore: natsServerProgram() === undefined,
  fn: async () => {
    await using folder = new Folder();
    const keys: string[] = [];
    const receiver = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
      keys.push(request.headers.get("idempotency-key") ?? "");
      return new Response();
    });
    const nats = await startNatsServer();
    try {
      await write(folder.path, nats.url, `http://127.0.0.1:${receiver.addr.port}/hook`);
      const args = ["--env", ENV, "--metrics-port", "0"];
      const start = () => new Running(args, { cwd: folder.path, service: "agents" });
      const bus = await openTransport({ type: "nats", url: [nats.url], stream: {} }, { env: ENV });
      const events: Action[] = [];
      await bus.subscribe([actionSubject(ENV, "watch")], ({ payload }) => {
        events.push(decode("action", payload));
      });
      {
        await using agents = start();
        await agents.line((line) => line.message === "agents");
        await fire(bus, "KXBTC-1", [0, 20]);
        await fire(bus, "KXBTC-2", [20, 21]);
        await eventually("some are posted", () => Promise.resolve(keys.length > 4));
        assert.equal((await agents.stop("SIGTERM")).code, 0);
      }
      // While it is away; a thread that was killed at its beginning is there as well.
      const path = `${folder.path}/data/agents/${ENV}.sqlite`;
      const killed = "'d-1', 'define', 'words', 'ann', 'm', 'running', '', '', ''";
      const threads = new DatabaseSync(path);
      threads.exec(`INSERT INTO threads VALUES (${killed})`);
      await fire(bus, "KXBTC-1", [21, 40]);
      await using agents = start();
      await eventually("all are over", () => Promise.resolve(events.length === 39));
      assert.equal(new Set(keys).size, 39);
      assert.equal(keys.length, 39);
      await eventually("the thread goes on", () => {
        const thread = threads.prepare("SELECT state, detail FROM threads").get();
        return Promise.resolve(
          thread?.["state"] === "ended" && /model_failed/.test(String(thread["detail"])),
        );
      });
      threads.close();
      const waiting = (await ask(bus, { action: "actions", signal: "", after: "", limit: 100 }))
        .filter(({ state }) => state === "approval");
      const [{ id, hash } = { id: "", hash: "" }] = waiting;
      const decision = { action: "decide", thread: id, decision: "approve", hash } as const;
      await ask(bus, { ...decision, client: "desk-admin" });
      await eventually("it is done", () => Promise.resolve(events.length === 40));
      assert.equal(events.at(-1)?.decidedBy, "desk-admin");
      assert.equal((await agents.stop("SIGTERM")).code, 0);
      const journal = [...Deno.readDirSync(`${folder.path}/data/journal`)]
        .map(({ name }) => Deno.readTextFileSync(`${folder.path}/data/journal/${name}`)).join("");
      for (const what of ["tool_call", "model_call", "decision", "approval", "action", "end"]) {
        assert.ok(journal.includes(`"what":"${what}"`), what);
      }
      await bus.close();
    } finally {
      await nats.stop();
      await receiver.shutdown();
    }
  },
});

Deno.test({
  name: "of two services of the agents on a bus one runs; the other takes over when it is killed",
  ignore: natsServerProgram() === undefined,
  fn: async () => {
    await using first = new Folder();
    await using second = new Folder();
    const keys: string[] = [];
    const receiver = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
      keys.push(request.headers.get("idempotency-key") ?? "");
      return new Response();
    });
    const nats = await startNatsServer();
    try {
      const url = `http://127.0.0.1:${receiver.addr.port}/hook`;
      for (const { path } of [first, second]) await write(path, nats.url, url);
      const args = ["--env", ENV, "--metrics-port", "0"];
      const start = ({ path }: Folder) => new Running(args, { cwd: path, service: "agents" });
      const bus = await openTransport({ type: "nats", url: [nats.url], stream: {} }, { env: ENV });
      await using running = start(first);
      await running.line((line) => line.message === "agents");
      await using standby = start(second);
      await standby.line("another service runs the agents");
      await fire(bus, "KXBTC-1", [0, 20]);
      await eventually("the first one posts all", () => Promise.resolve(keys.length === 20));
      const isUsed = await Deno.stat(`${second.path}/data/agents`).then(() => true, () => false);
      assert.ok(!isUsed, "budgets are counted in one database");
      await running.stop("SIGKILL");
      await fire(bus, "KXBTC-1", [20, 40]);
      await standby.line((line) => line.message === "agents");
      await eventually(
        "the other one posts the rest",
        () => Promise.resolve(new Set(keys).size === 40),
      );
      assert.equal((await standby.stop("SIGTERM")).code, 0);
      await bus.close();
    } finally {
      await nats.stop();
      await receiver.shutdown();
    }
  },
});
