import assert from "node:assert/strict";
import { withGuardedGateway } from "../access/testing/guarded_gateway.ts";
import { MCP_LIMITS } from "./limits.ts";

/** A client of 2025-11-25, by hand. */
class OlderClient {
  #url;
  #authorization;

  constructor(url: string, key: string) {
    this.#url = `${url}/mcp`;
    this.#authorization = `Bearer ${key}`;
  }

  async send(body: object | undefined, session?: string): Promise<Response> {
    return await fetch(this.#url, {
      method: body === undefined ? "DELETE" : "POST",
      headers: {
        ...{ authorization: this.#authorization, "content-type": "application/json" },
        accept: "application/json, text/event-stream",
        ...(session === undefined ? {} : { "mcp-session-id": session }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify({ jsonrpc: "2.0", id: 1, ...body }) }),
    });
  }

  /** The id of a new session. */
  async open(name = "older"): Promise<string> {
    const clientInfo = { name, version: "1" };
    const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo };
    const response = await this.send({ method: "initialize", params });
    await response.body?.cancel();
    return response.headers.get("mcp-session-id") ?? "";
  }

  /** The symbols that it sees. */
  async symbols(session?: string): Promise<string> {
    const params = { name: "list_markets", arguments: {} };
    const response = await this.send({ method: "tools/call", params }, session);
    assert.equal(response.status, 200);
    return [...new Set((await response.text()).match(/[A-Z]{6,}USD|BTCUSD/g))].join();
  }
}

const FREE = { callsPerMinuteMax: 1e9, callsBurstMax: 1e9 };
const NARROW = { feed: "kraken", symbols: "BTC*", types: ["trade" as const] };

Deno.test("a session ends with DELETE; one that is not known is answered without", () =>
  withGuardedGateway(async ({ gateway, key, publish }) => {
    publish();
    const client = new OlderClient(gateway.url, await key("desk", {}, NARROW));
    const session = await client.open();
    assert.match(session, /^[0-9a-f-]{36}$/);
    assert.equal(await client.symbols(session), "BTCUSD");
    assert.equal((await client.send(undefined, session)).status, 200);
    const after = await client.send({ method: "ping" }, session);
    assert.equal(after.status, 404);
    assert.match(await after.text(), /has ended/);
    assert.equal(await client.symbols(crypto.randomUUID()), "BTCUSD");
  }, { toolLimits: FREE }));

Deno.test("the session of another client shows nothing of what that client may see", () =>
  withGuardedGateway(async ({ gateway, key, publish }) => {
    publish();
    const owner = new OlderClient(gateway.url, await key("desk", {}, NARROW));
    const other = new OlderClient(
      gateway.url,
      await key("other", {}, { ...NARROW, symbols: "NO*" }),
    );
    const session = await owner.open();
    assert.equal(await owner.symbols(session), "BTCUSD");
    assert.equal(await other.symbols(session), "");
    // It could not end it, either.
    await (await other.send(undefined, session)).body?.cancel();
    assert.equal(await owner.symbols(session), "BTCUSD");
  }, { toolLimits: FREE }));

Deno.test("beyond the most sessions the quietest one goes on without", () =>
  withGuardedGateway(async ({ gateway, key, publish }) => {
    publish();
    const client = new OlderClient(gateway.url, await key("desk", {}, NARROW));
    const first = await client.open();
    for (let i = 0; i < MCP_LIMITS.sessionsMax; i++) await client.open();
    assert.equal(await client.symbols(first), "BTCUSD");
  }, { toolLimits: FREE }));
