import assert from "node:assert/strict";
import { Health } from "@ssmd/runtime";
import type { Route } from "../http/route.ts";
import { mayActAs } from "./role.ts";
import {
  ABSENT_FEED,
  ABSENT_SYMBOL,
  CANARY,
  CANARY_PRICE,
  ENTITLED,
  type GuardedGateway,
  HIDDEN_FEED,
  HIDDEN_SYMBOL,
  withGuardedGateway,
} from "./testing/guarded_gateway.ts";

/**
 * What may be read without a key, and why: a route that is made public must be thought of and
 * written down here.
 */
const PUBLIC: Readonly<Record<string, string>> = {
  "GET /health": "a supervisor asks whether the process lives; it learns nothing else",
  "GET /health/ready": "as above",
  "GET /openapi.json": "describes the software, not what runs",
  "GET /asyncapi.json": "as above",
  "GET /docs": "as above",
  "GET /sign-in": "where a browser shows its key",
  "GET /sign-in.js": "as above",
  "GET /sign-in/issuer": "where a browser begins to sign in at the issuer",
  "GET /sign-in/callback": "where the issuer sends it back, with a code",
  "POST /v1/sign-out": "takes a cookie back",
};

/** Everything that must be in no answer, whatever was asked. */
const SECRETS = [String(CANARY_PRICE), "987654", CANARY, `${HIDDEN_SYMBOL}2`];

interface Answer {
  status: number;
  text: string;
  code: string;
}

async function ask(
  { gateway }: GuardedGateway,
  [method, path]: readonly [method: string, path: string],
  key?: string,
): Promise<Answer> {
  const headers = key === undefined ? {} : { authorization: `Bearer ${key}` };
  const response = await fetch(gateway.url + path, { method, headers });
  const text = await response.text();
  const isProblem = response.headers.get("content-type") === "application/problem+json";
  const code = isProblem && text !== "" ? JSON.parse(text).code : "";
  return { status: response.status, text, code };
}

function nameOf({ method, path }: Route): string {
  return `${method} ${path}`;
}

/** The address of a route, its parts named `symbol` and the like replaced, others by what fits. */
function addressOf(route: Route, symbol: string): string {
  return route.path.replace(/\{(\w+)\}/g, (_, name) => name === "symbol" ? symbol : "1");
}

/** A value that a query parameter takes; undefined = it is no name of anything. */
function queries({ query }: Route, names: { symbol: string; feed: string }): string[] {
  return Object.keys(query).flatMap((name) => {
    if (/symbol|search/.test(name)) return [`${name}=${names.symbol}`];
    return /feed/.test(name) ? [`${name}=${names.feed}`] : [];
  });
}

/** An answer in which the names that were asked for, times and places do not count. */
function plain(text: string, names: readonly string[]): string {
  const unnamed = names.reduce((rest, name) => rest.replaceAll(name, "NAME"), text);
  return unnamed.replace(/\d{12,}(\.\d+)?/g, "TIME");
}

Deno.test("without a key no route answers, but those that are public for a reason", () =>
  withGuardedGateway(async (rig) => {
    rig.publish();
    assert.ok((await rig.gateway.routes()).length > 10);
    for (const route of await rig.gateway.routes()) {
      const name = nameOf(route);
      const answer = await ask(rig, [route.method, addressOf(route, "BTCUSD")]);
      if (route.role === "public") {
        assert.ok(name in PUBLIC, `${name} is public: say why in PUBLIC`);
        for (const secret of [...SECRETS, "kraken", "BTCUSD", HIDDEN_FEED]) {
          const described = name.startsWith("GET /openapi") || /docs|asyncapi/.test(name);
          if (described && /kraken|BTCUSD/.test(secret)) continue;
          assert.ok(!answer.text.includes(secret), `${name} tells ${secret}`);
        }
      } else {
        assert.deepEqual([answer.status, answer.code], [401, "KEY_MISSING"], name);
        assert.ok(!answer.text.includes("BTCUSD"), name);
      }
      const head = await ask(rig, ["HEAD", addressOf(route, "BTCUSD")]);
      if (route.role !== "public" && route.method === "GET") assert.equal(head.status, 401, name);
    }
    assert.equal((await ask(rig, ["GET", "/v1/nothing"])).code, "UNKNOWN_ROUTE");
  }));

/** An answer without the moment at which it was given. */
function timeless(text: string): string {
  return text.replace(/"as_of":"[^"]*"|"age_ms":\d+/g, "");
}

Deno.test("outside of the entitlement no route tells anything, nor that it is there", () =>
  withGuardedGateway(async (rig) => {
    rig.publish();
    const key = await rig.key("desk", {}, ENTITLED);
    let requested = 0;
    for (const route of await rig.gateway.routes()) {
      const name = nameOf(route);
      if (!mayActAs("viewer", route.role)) continue;
      const variants = (symbol: string, feed: string) => [
        addressOf(route, symbol),
        ...queries(route, { symbol, feed }).flatMap((query) => [
          `${addressOf(route, "BTCUSD")}?${query}`,
          `${addressOf(route, symbol)}?${query}`,
        ]),
      ];
      const hidden = variants(HIDDEN_SYMBOL, HIDDEN_FEED);
      const absent = variants(ABSENT_SYMBOL, ABSENT_FEED);
      for (const [i, path] of hidden.entries()) {
        const [one, other] = [
          await ask(rig, [route.method, path], key),
          await ask(rig, [route.method, absent[i]!], key),
        ];
        requested++;
        for (const secret of SECRETS) {
          assert.ok(!one.text.includes(secret), `${name}: ${path} tells ${secret}`);
        }
        if (/tickets|sign-in/.test(path)) continue;
        assert.equal(
          timeless(plain(one.text, [HIDDEN_SYMBOL, HIDDEN_FEED])),
          timeless(plain(other.text, [ABSENT_SYMBOL, ABSENT_FEED])),
          `${path} differs from ${absent[i]}`,
        );
        assert.equal(one.status, other.status, path);
      }
      const own = await ask(rig, [route.method, addressOf(route, "BTCUSD")], key);
      for (const secret of [...SECRETS, HIDDEN_SYMBOL, HIDDEN_FEED]) {
        assert.ok(!own.text.includes(secret), `${name} tells ${secret}: ${own.text}`);
      }
    }
    assert.ok(requested > 20);
    const { text } = await ask(rig, ["GET", "/v1/markets/BTCUSD"], key);
    assert.match(text, /"last_price":100\b/);
  }));

Deno.test("who is entitled to nothing sees no market and no feed on any route", () =>
  withGuardedGateway(async (rig) => {
    rig.publish();
    const key = await rig.key("nobody");
    for (const route of await rig.gateway.routes()) {
      if (route.role !== "viewer" || /openapi|asyncapi|docs/.test(route.path)) continue;
      const { text } = await ask(rig, [route.method, addressOf(route, ABSENT_SYMBOL)], key);
      for (const secret of [...SECRETS, "kraken", HIDDEN_FEED, HIDDEN_SYMBOL]) {
        assert.ok(!text.includes(secret), `${nameOf(route)} tells ${secret}: ${text}`);
      }
    }
  }));

Deno.test("health tells a reader why of its own feeds only, and everybody whether", () => {
  const health = new Health();
  for (const feed of ["kraken", HIDDEN_FEED]) {
    const checks = health.component("connector", feed);
    checks.requireForReadiness("venue", () => "not connected");
    checks.requireForLiveness("disk", () => "hangs");
  }
  return withGuardedGateway(async (rig) => {
    const key = await rig.key("desk", {}, ENTITLED);
    const nobody = await rig.key("nobody");
    const monitor = await rig.key("monitor", { role: "metrics" });
    for (const path of ["/health", "/health/ready"]) {
      const { status, text } = await ask(rig, ["GET", path], key);
      assert.equal(status, 503);
      assert.match(text, /connector kraken: /);
      assert.ok(!text.includes(HIDDEN_FEED), text);
      assert.equal((await ask(rig, ["GET", path], nobody)).status, 503);
      assert.match((await ask(rig, ["GET", path], monitor)).text, /connector secretfeed: /);
    }
  }, { health });
});

Deno.test("what is revoked is gone from every route at once", () =>
  withGuardedGateway(async (rig) => {
    rig.publish();
    const key = await rig.key("desk", {}, ENTITLED);
    assert.equal((await ask(rig, ["GET", "/v1/markets/BTCUSD"], key)).status, 200);
    await rig.admin.revoke("desk", "all");
    await rig.refresh();
    assert.equal((await ask(rig, ["GET", "/v1/markets/BTCUSD"], key)).status, 404);
    await rig.admin.update("desk", { enabled: false });
    await rig.refresh();
    assert.equal((await ask(rig, ["GET", "/v1/markets"], key)).code, "CLIENT_DISABLED");
  }));
