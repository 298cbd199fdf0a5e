import assert from "node:assert/strict";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { loadEnvironment, type Role, ROLES } from "@ssmd/metadata";
import { memoryStorage } from "@ssmd/storage";
import { mayActAs } from "./access/role.ts";
import { type GuardedGateway, withGuardedGateway } from "./access/testing/guarded_gateway.ts";
import { GuardedStream } from "./access/testing/guarded_stream.ts";
import { actionsOf, type GatewayAction, gatewayActions } from "./who_may.ts";

const EXCHANGES = new URL("../exchanges", import.meta.url).pathname;

/** All that needs more than a viewer: whoever adds to it or takes from it must think of it here. */
const ABOVE_VIEWER: Readonly<Partial<Record<Role, readonly string[]>>> = {
  metrics: ["GET /metrics"],
  operator: [
    "GET /v1/admin/agent/waiting",
    "GET /v1/admin/clients",
    "GET /v1/admin/clients/history",
    "GET /v1/admin/clients/{id}",
    "GET /v1/admin/environment",
    "GET /v1/admin/jobs",
    "GET /v1/admin/jobs/{job}",
    "GET /v1/admin/jobs/{job}/logs",
    "GET /v1/admin/logs",
    "GET /v1/admin/schedules",
    "GET /v1/admin/signals/history",
    "GET /v1/admin/tool-clients",
    "GET /v1/feedback/stats",
    "POST /v1/admin/agent/tests",
    "POST /v1/admin/agent/threads",
    "POST /v1/admin/agent/threads/{thread}",
    "POST /v1/admin/clients/{id}/disconnect",
    "POST /v1/admin/clients/{id}/mode",
    "POST /v1/admin/jobs/{job}/cancel",
    "POST /v1/admin/jobs/{job}/retry",
    "POST /v1/admin/schedules/{schedule}/pause",
    "POST /v1/admin/schedules/{schedule}/resume",
    "POST /v1/admin/schedules/{schedule}/trigger",
    "POST /v1/admin/signals/{id}/disable",
    "POST /v1/admin/signals/{id}/enable",
    "POST /v1/feedback/{id}/resolve",
    "tool create_signal",
    "tool test_signal",
  ],
  admin: [
    "GET /v1/audit/display-vs-nondisplay",
    "GET /v1/audit/events",
    "GET /v1/audit/events/{position}",
    "GET /v1/audit/peak-users",
    "GET /v1/audit/summary",
    "GET /v1/audit/usage",
    "POST /v1/admin/agent/threads/{thread}/approve",
    "POST /v1/admin/agent/threads/{thread}/reject",
    "POST /v1/admin/environment/apply",
    "POST /v1/admin/jobs",
    "POST /v1/admin/signals/deploy",
    "POST /v1/admin/sql",
  ],
};

const FREE = { callsPerMinuteMax: 1e9, callsBurstMax: 1e9, reportsPerMinuteMax: 1e9 };

/** Keys of clients that are named after the role that a file of roles gives them. */
async function withRoles(
  test: (rig: GuardedGateway, keys: ReadonlyMap<Role, string>) => Promise<void>,
): Promise<void> {
  const environment = await loadEnvironment(EXCHANGES, "demo");
  const clients = Object.fromEntries(ROLES.map((role) => [role, role]));
  const rbac = { environment: "test", clients, tokens: [], certificates: [] };
  await withGuardedGateway(async (rig) => {
    const keys = new Map<Role, string>();
    // What the client's own record says counts no more.
    for (const role of ROLES) {
      keys.set(role, await rig.key(role, { role: role === "viewer" ? "admin" : "client" }, {}));
    }
    await test(rig, keys);
  }, { rbac, environment, registryDir: EXCHANGES, toolLimits: FREE, storage: memoryStorage() });
}

/** The code of a refusal for the role; undefined = it was let in, whatever came of it then. */
function refusalIn(answer: { code?: string; error?: { code: string }; hint?: string }) {
  const code = answer.code ?? answer.error?.code;
  return code === "ROLE_MISSING" || code === "role_missing" ? code : undefined;
}

async function askRoute({ gateway }: GuardedGateway, name: string, key: string) {
  const [method = "", path = ""] = name.split(" ");
  const response = await fetch(gateway.url + path.replace(/\{\w+\}/g, "1"), {
    ...{ method, headers: { authorization: `Bearer ${key}` } },
  });
  assert.notEqual(response.status, 401, name);
  const text = await response.text();
  if (response.status !== 403) return undefined;
  const problem = JSON.parse(text);
  assert.match(problem.hint, /has the role \w+.*rbac/, name);
  return refusalIn(problem);
}

async function askTool({ gateway }: GuardedGateway, name: string, key: string) {
  const client = new Client({ name: "test", version: "1" });
  const headers = { authorization: `Bearer ${key}` };
  const url = new URL(`${gateway.url}/mcp`);
  await client.connect(new StreamableHTTPClientTransport(url, { requestInit: { headers } }));
  const { content } = await client.callTool({ name: name.replace("tool ", ""), arguments: {} });
  await client.close();
  const [{ text = "{}" } = {}] = content as { text?: string }[];
  return refusalIn(JSON.parse(text));
}

async function askStream({ gateway }: GuardedGateway, name: string, key: string) {
  const stream = await GuardedStream.open(gateway.url, key);
  const action = name.replace("stream ", "");
  stream.send({ action, ...(action === "ping" ? {} : { symbols: ["BTCUSD"] }), id: "asked" });
  await stream.settle();
  const answer = stream.messages.find(({ id }) => id === "asked");
  assert.ok(answer !== undefined, name);
  await stream.close();
  return refusalIn(answer as { code?: string });
}

const ASK: Readonly<Record<GatewayAction["kind"], typeof askRoute>> = {
  route: askRoute,
  stream: askStream,
  tool: askTool,
};

Deno.test("every route, request and tool is open to exactly the roles that the table says", () =>
  withRoles(async (rig, keys) => {
    const actions = actionsOf(await rig.gateway.routes());
    const count = (kind: string) => actions.filter((each) => each.kind === kind).length;
    assert.ok(count("route") > 60 && count("stream") === 4 && count("tool") === 12);
    for (const { kind, name, role: needed } of actions) {
      for (const [role, key] of keys) {
        const refused = await ASK[kind](rig, name, key);
        const isOpen = needed === "public" || mayActAs(role, needed);
        assert.equal(refused === undefined, isOpen, `${name} as ${role}: ${refused}`);
      }
    }
  }));

Deno.test("the table without a running gateway is that of a running one", () =>
  withRoles(async (rig) => {
    const environment = await loadEnvironment(EXCHANGES, "demo");
    const actions = await gatewayActions(environment, EXCHANGES);
    assert.deepEqual(actions, actionsOf(await rig.gateway.routes()));
    for (const role of ROLES.filter((each) => each !== "viewer")) {
      const own = actions.filter((each) => each.role === role).map(({ name }) => name).sort();
      assert.deepEqual(own, ABOVE_VIEWER[role] ?? [], role);
    }
  }));

/** Files of the gateway's own code. */
async function* sourcesOf(dir: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(dir)) {
    if (isDirectory && name !== "testing") yield* sourcesOf(`${dir}/${name}`);
    else if (name.endsWith(".ts") && !name.endsWith("_test.ts")) yield `${dir}/${name}`;
  }
}

Deno.test("each route, request and tool that the sources declare is in the table", async () => {
  const environment = await loadEnvironment(EXCHANGES, "demo");
  const names = (await gatewayActions(environment, EXCHANGES)).map(({ name }) => name);
  const paths = names.map((name) => name.replace(/^[A-Z]+ /, ""));
  const declared = new Set<string>();
  for await (const file of sourcesOf(new URL(".", import.meta.url).pathname.slice(0, -1))) {
    const text = await Deno.readTextFile(file);
    if (!/\broute\(/.test(text) && !/\bname: "[a-z]+_[a-z_]+"/.test(text)) continue;
    for (const [, path = ""] of text.matchAll(/\bpath: ["`](\/[^"`]*)["`]/g)) {
      // `${list}` = one word each.
      const parts = path.split(/\$\{\w+\}/).map((part) => RegExp.escape(part));
      const pattern = new RegExp(`^${parts.join("[\\w-]+")}$`);
      assert.ok(paths.some((each) => pattern.test(each)), `${path} of ${file} is not in the table`);
      declared.add(path);
    }
    if (!file.includes("/mcp/tools/")) continue;
    for (const [, name = ""] of text.matchAll(/\bname: "([a-z]+_[a-z_]+)",\n/g)) {
      assert.ok(names.includes(`tool ${name}`), `tool ${name} is not in the table`);
      declared.add(name);
    }
  }
  assert.ok(declared.size > 90, `${declared.size} were found`);
});

Deno.test("who may ask an agent for a signal may not approve it", () =>
  withRoles(async (rig, keys) => {
    const path = `/v1/admin/agent/threads/d-1/approve?hash=${"0".repeat(64)}`;
    const ask = async (role: Role) => {
      const headers = { authorization: `Bearer ${keys.get(role)}` };
      const response = await fetch(rig.gateway.url + path, { method: "POST", headers });
      return (await response.json()).code;
    };
    assert.equal(await ask("operator"), "ROLE_MISSING");
    assert.equal(await ask("admin"), "AGENTS_AWAY");
  }));
