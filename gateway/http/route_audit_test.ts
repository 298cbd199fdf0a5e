import assert from "node:assert/strict";
import { type AuditQueue, verifyAudit } from "@ssmd/audit";
import { Metrics, silentLogger, SsmdError } from "@ssmd/runtime";
import { memoryTransport } from "@ssmd/transport";
import { startGateway } from "../gateway.ts";
import type { Gateway } from "../gateway_options.ts";
import { withAuditQueue } from "../testing/audit_queue.ts";
import type { Route } from "./route.ts";
import { RouteAudit } from "./route_audit.ts";

/** Issuers send browsers back by GET. */
const CHANGING_GETS: ReadonlySet<string> = new Set(["signInByIssuer"]);
/** Routes that are no GET and change nothing themselves; those that tools ask write their events. */
const READS: ReadonlySet<string> = new Set([
  ...["mcpPost", "mcpDelete", "callTool", "askQuestion", "testSignal"],
]);

async function withAudited(
  body: (rig: { gateway: Gateway; queue: AuditQueue; changing: Route[] }) => Promise<void>,
): Promise<void> {
  await withAuditQueue((queue) => served(queue, body));
}

async function served(
  queue: AuditQueue,
  body: (rig: { gateway: Gateway; queue: AuditQueue; changing: Route[] }) => Promise<void>,
): Promise<void> {
  const transport = memoryTransport();
  const gateway = await startGateway({
    ...{ env: "test", transport, logger: silentLogger, version: "0.0.0", audit: queue },
    ...{ host: "127.0.0.1", port: 0, metrics: new Metrics("gateway"), feeds: [], markets: [] },
  });
  try {
    const changing = (await gateway.routes()).filter(({ changes }) => changes !== undefined);
    await body({ gateway, queue, changing });
  } finally {
    await gateway.close();
    await transport.close();
  }
}

async function ask({ url }: Gateway, { method, path }: Route, headers = {}): Promise<number> {
  const address = url + path.replace(/\{\w+\}/g, "7");
  const body = method === "GET" ? {} : { body: "{}" };
  const json = { "content-type": "application/json", ...headers };
  const response = await fetch(address, { method, headers: json, ...body });
  await response.body?.cancel();
  return response.status;
}

Deno.test("each route that is no GET declares what it changes, or why not", () =>
  withAudited(async ({ gateway }) => {
    for (const { method, id, changes } of await gateway.routes()) {
      if (CHANGING_GETS.has(id)) assert.ok(changes !== undefined, id);
      else if (method === "GET" || READS.has(id)) assert.equal(changes, undefined, id);
      else assert.ok(changes !== undefined, `${id} declares no changes, nor is it among READS`);
    }
  }));

Deno.test("each call of a route that changes something writes one event, done or refused", () =>
  withAudited(async ({ gateway, queue, changing }) => {
    assert.ok(changing.length >= 12);
    for (const route of changing) {
      const before = (await (await queue.log()).head()).position;
      const status = await ask(gateway, route);
      const events = await (await queue.log()).list({ limit: 10 });
      assert.equal((await (await queue.log()).head()).position, before + 1, route.id);
      const { action, category, outcome, reason, actor } = events[0]!;
      assert.deepEqual([action, category], [route.id, route.changes]);
      assert.equal(outcome === "done", status < 400, `${route.id}: ${status} ${outcome} ${reason}`);
      assert.equal(reason === "", status < 400);
      assert.equal(actor, "127.0.0.1");
    }
    const reading = (await gateway.routes()).filter(({ changes, method }) =>
      !changes && method === "GET"
    );
    const before = (await (await queue.log()).head()).position;
    for (const route of reading.slice(0, 10)) await ask(gateway, route);
    assert.equal((await (await queue.log()).head()).position, before);
    assert.equal((await verifyAudit({ env: "test", log: await queue.log() })).ok, true);
  }));

Deno.test("of each changing route success, refusal and failure are one event", () =>
  withAudited(async ({ queue, changing }) => {
    const audit = new RouteAudit(queue, silentLogger);
    const call = {
      client: "desk",
      address: "::1",
      params: { id: "7" },
      query: new URLSearchParams(),
    };
    for (const route of changing) {
      await audit.run(route, call, () => 1);
      const refuse = () => Promise.reject(new SsmdError("UNKNOWN_CLIENT", "none"));
      await assert.rejects(audit.run(route, call, refuse));
      await assert.rejects(audit.run(route, call, () => assert.fail("broken")));
      const events = (await (await queue.log()).list({ limit: 3, action: route.id })).reverse();
      assert.deepEqual(events.map(({ outcome }) => outcome), ["done", "refused", "failed"]);
      assert.deepEqual(events.map(({ actor, target }) => `${actor} ${target}`), [
        ...["desk 7", "desk 7", "desk 7"],
      ]);
    }
    assert.equal((await (await queue.log()).head()).position, 3 * changing.length);
    audit.close();
  }));

Deno.test("a caller that is not let in is one event by route, however often it comes", () =>
  withAudited(async ({ gateway, queue, changing }) => {
    const foreign = changing.filter(({ role }) => role !== "public");
    for (const route of foreign) {
      for (let i = 0; i < 3; i++) {
        assert.equal(await ask(gateway, route, { origin: "http://evil.example" }), 403, route.id);
      }
    }
    const events = await (await queue.log()).list({ limit: 100 });
    assert.equal(events.length, foreign.length);
    for (const event of events) {
      assert.deepEqual([event.category, event.action], ["security-events", "caller refused"]);
    }
  }));

Deno.test("REST lists, shows and counts events", () =>
  withAudited(async ({ gateway, queue }) => {
    const change = (await gateway.routes()).find(({ id }) => id === "disconnectConnection")!;
    await ask(gateway, change);
    const get = async (path: string) => await (await fetch(gateway.url + path)).json();
    const { events } = await get("/v1/audit/events?outcome=refused&action=disconnectConnection");
    assert.deepEqual(events.map(({ reason }: { reason: string }) => reason), ["UNKNOWN_CLIENT"]);
    assert.equal((await get("/v1/audit/events/1")).target, "7");
    assert.equal((await get("/v1/audit/events/9")).code, "AUDIT_EVENT_UNKNOWN");
    for (const path of ["events", "summary"]) {
      const span = "from=2026-03-02&to=2026-03-01";
      assert.equal((await get(`/v1/audit/${path}?${span}`)).code, "INVALID_PARAMETER", path);
    }
    assert.deepEqual(await get("/v1/audit/summary"), {
      head: (await (await queue.log()).head()).link,
      counts: [{ category: "client-actions", outcome: "refused", events: 1 }],
    });
  }));
