import assert from "node:assert/strict";
import { CONNECTION, ENDED_CONNECTION } from "../protocol/connection.ts";
import { openAccess } from "../access/access.ts";
import { keylessAuthenticator } from "../access/authenticator.ts";
import { type GatewayRig, until, withGateway } from "../testing/gateway_rig.ts";

type Figures = Record<string, unknown>;

async function listed({ get }: GatewayRig, path = "/v1/admin/clients"): Promise<Figures[]> {
  const { status, body } = await get(path);
  assert.equal(status, 200);
  return body["clients"] as Figures[];
}

async function post({ gateway }: GatewayRig, path: string) {
  const response = await fetch(`${gateway.url}${path}`, { method: "POST" });
  return { status: response.status, body: await response.json() };
}

Deno.test("connected clients are listed with what they have, what waits and what went wrong", () =>
  withGateway(async (rig) => {
    const one = await rig.client("?symbols=BTCUSD&types=trade&policy=drop_oldest");
    await one.next("subscribed");
    one.send("no json");
    await one.next("error");
    rig.connector.trade("BTCUSD", 1);
    await one.next("trade");
    const [figures, ...others] = await listed(rig);
    assert.equal(others.length, 0);
    assert.deepEqual(CONNECTION.parse(figures), figures);
    const { id, since, buffer_bytes_max, buffer_messages_max, last_error, ...rest } = figures ?? {};
    assert.ok(Math.abs(Number(since) - Date.now()) < 60_000);
    assert.ok(Number(buffer_bytes_max) > 0 && Number(buffer_messages_max) > 0);
    assert.equal((last_error as Figures)["code"], "invalid_json");
    assert.deepEqual(rest, {
      client: "",
      address: "127.0.0.1",
      state: "healthy",
      policy: "drop_oldest",
      format: "json",
      mode: "realtime",
      interval_ms: null,
      catching_up: false,
      markets: 1,
      subscriptions: [{ symbol: "BTCUSD", types: ["trade"], mode: "realtime" }],
      buffer_bytes: 0,
      buffer_messages: 0,
      sent: 1,
      dropped: 0,
    });
    assert.deepEqual((await rig.get(`/v1/admin/clients/${id}`)).body["sent"], 1);
    assert.deepEqual(await listed(rig, "/v1/admin/clients?slow=true"), []);
  }));

Deno.test("a client is disconnected, told so, and stands in the history", () =>
  withGateway(async (rig) => {
    const one = await rig.client();
    const id = (await listed(rig))[0]?.["id"];
    assert.equal((await post(rig, `/v1/admin/clients/${id}/disconnect`)).status, 200);
    const closed = await one.closed;
    assert.deepEqual([closed.code, closed.reason], [4002, "disconnected"]);
    assert.deepEqual([one.of("error")[0]?.["code"], one.of("error")[0]?.["number"]], [
      "disconnected",
      2003,
    ]);
    await until(() => rig.gateway.stats().clients === 0);
    const [gone] = await listed(rig, "/v1/admin/clients/history");
    assert.deepEqual([gone?.["id"], gone?.["reason"]], [id, "disconnected"]);
    assert.deepEqual(ENDED_CONNECTION.parse(gone), gone);
    const again = await post(rig, `/v1/admin/clients/${id}/disconnect`);
    assert.deepEqual([again.status, again.body.code], [404, "UNKNOWN_CLIENT"]);
  }));

Deno.test("a client's mode is changed under it, and back: its book goes on", () =>
  withGateway(async (rig) => {
    const { connector } = rig;
    connector.snapshot("BTCUSD");
    const one = await rig.client("?symbols=BTCUSD&types=orderbook");
    await one.next("orderbook");
    const id = (await listed(rig))[0]?.["id"];
    const at = `/v1/admin/clients/${id}/mode`;
    const conflated = await post(rig, `${at}?mode=conflated&interval_ms=20`);
    assert.deepEqual([conflated.body.mode, conflated.body.interval_ms], ["conflated", 20]);
    assert.equal((await one.next("notice"))["code"], "mode_changed");
    connector.delta("BTCUSD", [{ price: 5, size: 1 }], []);
    await one.next("orderbook", (m) => m["conflated"] === true);
    await post(rig, `${at}?mode=realtime&policy=disconnect`);
    connector.delta("BTCUSD", [{ price: 6, size: 1 }], []);
    await one.when(() => one.books.get("BTCUSD")?.bids.sizeAt(6) === 1);
    assert.equal(one.of("orderbook").at(-1)?.["kind"], "delta");
    assert.deepEqual(one.violations, []);
    assert.equal((await listed(rig))[0]?.["policy"], "disconnect");
    assert.equal((await post(rig, `${at}?mode=slow`)).status, 400);
    assert.equal((await post(rig, `${at}?mode=latest&policy=block`)).status, 400);
  }));

Deno.test("who is no operator sees no clients", () =>
  withGateway(
    async (rig) => {
      const { status } = await rig.get("/v1/admin/clients");
      assert.equal(status, 403);
    },
    true,
    {
      authenticator: {
        ...keylessAuthenticator({ host: "127.0.0.1" }),
        authenticate: async (caller, role) => {
          if (role !== "operator") return openAccess("viewer");
          const { AccessDenied } = await import("../access/access_denied.ts");
          throw new AccessDenied("FORBIDDEN", `${caller.method} is for operators`, {
            status: 403,
            hint: "ask one",
          });
        },
      },
    },
  ));
