import assert from "node:assert/strict";
import type { AgentsDone, ServiceRefusal } from "@ssmd/market";
import { ActionStore } from "./act/action_store.ts";
import { AgentStore } from "./agent_store.ts";
import { signalGate } from "./define/gate.ts";
import { agentResponder } from "./respond_to_requests.ts";

const source = (feed: string) =>
  `import { orderbook, signal } from "@ssmd/signal";
export default signal({
  title: "wide", version: 1, on: { feeds: ["${feed}"], symbols: ["*"] },
  state: { book: orderbook() }, when: ({ book }) => book.spread > 0.02, cooldown: "1m",
  fire: ({ book }) => ({ spread: book.spread }),
});
`;

Deno.test("agents refuse a signal on a feed that the registry does not have, as signal check does", async () => {
  const dir = await Deno.makeTempDir();
  const registryDir = `${dir}/exchanges`;
  await Deno.mkdir(`${registryDir}/feeds`, { recursive: true });
  await Deno.writeTextFile(`${registryDir}/feeds/kraken.yaml`, "name: kraken\n");
  const gate = signalGate({
    ...{ workDir: `${dir}/work`, env: "demo", storage: undefined, fromUs: 0, registryDir },
  });
  const checked = (feed: string) => gate.check({ id: "wide", source: source(feed), test: "" });
  const { ok, problems } = await checked("krakn");
  assert.equal(ok, false);
  assert.match(problems.join(), /3:\d+ There is no feed "krakn" in the registry[^]*kraken/);
  assert.deepEqual((await checked("kraken")).problems, []);

  await Deno.mkdir(`${dir}/signals`);
  await Deno.writeTextFile(`${dir}/signals/wide.ts`, source("krakn"));
  using store = new AgentStore(undefined);
  const respond = agentResponder({
    agents: { definition: undefined, action: undefined, actions: new ActionStore(store) },
    ...{ env: "demo", principal: "operator", registryDir, onFailed: () => {} },
  });
  const request = new TextEncoder().encode(JSON.stringify({ action: "test", signal: "wide" }));
  const answer = JSON.parse(new TextDecoder().decode(await respond(request))) as
    | AgentsDone
    | ServiceRefusal;
  assert.ok(answer.ok && "test" in answer && !answer.test.ok);
  assert.deepEqual(answer.test.findings.map(({ line }) => line), [3]);
  await Deno.remove(dir, { recursive: true });
});
