import assert from "node:assert/strict";
import { exportSPKI, generateKeyPair } from "jose";
import type { Rbac } from "@ssmd/metadata";
import { createLogger } from "@ssmd/runtime";
import { TOKEN_LIMITS } from "./limits.ts";
import { FakeIssuer } from "./testing/fake_issuer.ts";
import { openRawStream } from "./testing/guarded_stream.ts";
import { type GuardedGateway, withGuardedGateway } from "./testing/guarded_gateway.ts";
import { TokenCheck } from "./token_check.ts";

const RBAC: Rbac = {
  environment: "test",
  clients: {},
  tokens: [
    { claim: "groups", value: "desk", role: "viewer", client: "desk" },
    { claim: "sub", value: "alice", role: "operator", client: "desk" },
    { claim: "email", value: "bob@example.com", role: "admin", client: "desk" },
    { claim: "sub", value: "carol", role: "viewer", client: "nobody" },
  ],
  certificates: [
    { subject: "CN=algo-7,O=Desk, Inc", role: "operator", client: "desk" },
  ],
};

interface TokenRig extends GuardedGateway {
  issuer: FakeIssuer;
  clock: { ms: number };
  /** Lines of the gateway's log of refused tokens. */
  log: string[];
  /** Status and code of an answer. */
  ask(headers: Record<string, string>, path?: string): Promise<string>;
}

async function withIssuer(test: (rig: TokenRig) => Promise<void>, proxies: string[] = []) {
  await using issuer = new FakeIssuer();
  await issuer.addKey("one");
  const clock = { ms: Date.now() };
  const log: string[] = [];
  const spec = {
    ...{ issuer: issuer.url, jwks_url: `${issuer.url}/keys`, audience: "ssmd" },
    ...{ algorithms: ["RS256", "ES256"] as ("RS256" | "ES256")[], clock_skew_s: 30 },
  };
  const logger = createLogger({ format: "plain", write: (line) => log.push(line) });
  const tokens = new TokenCheck(spec, { logger, now: () => clock.ms });
  await withGuardedGateway(async (rig) => {
    await rig.key("desk", {}, { feed: "kraken", symbols: "BTC*" });
    const ask = async (headers: Record<string, string>, path = "/v1/markets") => {
      const response = await fetch(rig.gateway.url + path, { headers });
      const answer = await response.json();
      return response.ok ? String(response.status) : `${response.status} ${answer.code}`;
    };
    await test({ ...rig, issuer, clock, log, ask });
  }, {
    rbac: RBAC,
    access: { tokens, proxies, now: () => clock.ms, wait: () => Promise.resolve() },
  });
}

function bearer(token: string): Record<string, string> {
  return { authorization: `Bearer ${token}` };
}

Deno.test("a token stands for the client and role that its claims are bound to", () =>
  withIssuer(async ({ issuer, ask, gateway }) => {
    const alice = bearer(await issuer.token({ sub: "alice", groups: ["desk"] }));
    assert.equal(await ask(alice), "200");
    assert.equal(await ask(alice, "/v1/admin/clients"), "200", "of two bindings the higher");
    const { markets } = await (await fetch(`${gateway.url}/v1/markets`, { headers: alice })).json();
    assert.deepEqual(markets.map(({ symbol }: { symbol: string }) => symbol), ["BTCUSD"]);
    const eve = bearer(await issuer.token({ sub: "eve", groups: ["desk", "all"] }));
    assert.equal(await ask(eve), "200");
    assert.equal(await ask(eve, "/v1/admin/clients"), "403 ROLE_MISSING");
    const mallory = await issuer.token({ sub: "mallory", groups: ["others"] });
    assert.equal(await ask(bearer(mallory)), "403 ROLE_UNBOUND");
    const written = { sub: "x", email: "bob@example.com" };
    assert.equal(await ask(bearer(await issuer.token(written))), "403 ROLE_UNBOUND");
    const proven = await issuer.token({ ...written, email_verified: true });
    assert.equal(await ask(bearer(proven), "/v1/admin/clients"), "200");
    assert.equal(await ask(bearer(await issuer.token({ sub: "carol" }))), "403 CLIENT_MISSING");
  }));

Deno.test("forged, expired and foreign tokens are refused alike, and the log says why", () =>
  withIssuer(async ({ issuer, ask, log, clock }) => {
    // By the clock of the gateway, which stands still: a second later all of this would be right.
    const nowS = Math.floor(clock.ms / 1000);
    const pair = issuer.keys.get("one");
    assert.ok(pair !== undefined);
    const other = await generateKeyPair("RS256");
    const elliptic = await generateKeyPair("ES256");
    const pem = new TextEncoder().encode(await exportSPKI(pair.publicKey));
    const good = await issuer.token();
    const [head = "", body = "", signature = ""] = good.split(".");
    const encode = (value: unknown) =>
      btoa(JSON.stringify(value)).replace(/=+$/, "").replaceAll("+", "-").replaceAll("/", "_");
    const now = { iss: issuer.url, aud: "ssmd", exp: nowS + 600 };
    const bad: Record<string, [token: string, reason: RegExp]> = {
      "expired": [await issuer.token({ sub: "alice", exp: nowS - 31 }), /"exp" claim/],
      "not yet": [await issuer.token({ sub: "alice", nbf: nowS + 60 }), /"nbf" claim/],
      "without an end": [await issuer.token({ sub: "alice", exp: undefined }), /"exp" claim/],
      "of nobody": [await issuer.token({ sub: undefined }), /"sub" claim/],
      "for others": [await issuer.token({ sub: "alice", aud: "shop" }), /"aud" claim/],
      "of another issuer": [
        await issuer.token({ sub: "alice", iss: "https://evil.example" }),
        /"iss" claim/,
      ],
      "of another key": [await issuer.token(undefined, { key: other.privateKey }), /verification/],
      "of a key that is nowhere": [
        await issuer.token(undefined, { key: other.privateKey, kid: "two" }),
        /no applicable key/,
      ],
      "alg none": [
        `${encode({ alg: "none", kid: "one" })}.${encode({ ...now, sub: "alice" })}.`,
        /"alg"/,
      ],
      "the public key as a secret": [
        await issuer.token(undefined, { key: pem, alg: "HS256" }),
        /"alg"/,
      ],
      "of another kind of key": [
        await issuer.token(undefined, { key: elliptic.privateKey, alg: "ES256" }),
        /no applicable key/,
      ],
      "changed": [
        `${head}.${encode({ ...now, sub: "alice", groups: ["desk"] })}.${signature}`,
        /verification/,
      ],
      "cut": [`${head}.${body}.${signature.slice(0, -4)}`, /verification/],
      "garbage": ["a.b.c", /reason=/],
    };
    for (const [name, [token, reason]] of Object.entries(bad)) {
      log.length = 0;
      assert.match(await ask(bearer(token)), /^401 TOKEN_INVALID$|^429/, name);
      assert.match(log.join("\n"), reason, name);
      assert.ok(!log.join("\n").includes(token), `${name} is repeated`);
      assert.equal(await ask(bearer(good)), "200", `a good token after one ${name}`);
    }
    const skewed = await issuer.token({ sub: "alice", exp: nowS - 20 });
    assert.equal(await ask(bearer(skewed)), "200", "within the skew of clocks");
  }));

Deno.test("a new key of the issuer is fetched once it is named, and names that are made up ask rarely", () =>
  withIssuer(async ({ issuer, ask, clock }) => {
    assert.equal(await ask(bearer(await issuer.token())), "200");
    assert.equal(issuer.requests, 1);
    const stranger = await generateKeyPair("RS256");
    for (let i = 0; i < 10; i++) {
      const made = await issuer.token(undefined, { key: stranger.privateKey, kid: `made-${i}` });
      await ask(bearer(made));
    }
    assert.equal(issuer.requests, 1);
    await issuer.addKey("two");
    const rotated = bearer(await issuer.token(undefined, { kid: "two" }));
    assert.equal(await ask(rotated), "401 TOKEN_INVALID");
    clock.ms += TOKEN_LIMITS.keysAgainMs;
    assert.equal(await ask(rotated), "200");
    assert.equal(issuer.requests, 2);
  }));

Deno.test("while the issuer is away the keys seen last hold, for a time, and then nobody's token does", () =>
  withIssuer(async ({ issuer, ask, clock, log }) => {
    const lasting = { sub: "alice", exp: Math.floor(Date.now() / 1000) + 86_400 };
    const token = bearer(await issuer.token(lasting));
    issuer.isAway = true;
    assert.equal(await ask(token), "401 ISSUER_AWAY", "before the first answer");
    issuer.isAway = false;
    clock.ms += TOKEN_LIMITS.keysAgainMs;
    assert.equal(await ask(token), "200");
    issuer.isAway = true;
    for (const share of [0.2, 0.5, 0.9]) {
      const before = clock.ms;
      clock.ms += TOKEN_LIMITS.keysKeptMs * share;
      assert.equal(await ask(token), "200", `after ${share} of the time`);
      if (share < 0.9) clock.ms = before;
    }
    clock.ms += TOKEN_LIMITS.keysKeptMs * 0.2;
    assert.equal(await ask(token), "401 ISSUER_AWAY");
    assert.match(log.join("\n"), /issuer's keys cannot be had/);
    issuer.isAway = false;
    clock.ms += TOKEN_LIMITS.keysAgainMs;
    assert.equal(await ask(token), "200");
  }));

Deno.test("a stream that a token opened ends with the token", () =>
  withIssuer(async ({ issuer, gateway, clock, refresh }) => {
    const exp = Math.floor(clock.ms / 1000) + 100;
    const token = await issuer.token({ sub: "alice", exp });
    const raw = await openRawStream(gateway.url, token, { query: "?symbols=*" });
    await raw.until("subscribed");
    clock.ms += 131_000;
    await refresh();
    await raw.until("KEY_EXPIRED".toLowerCase());
    await raw.ended;
  }));

Deno.test("a certificate counts when a named proxy names it, and from nobody else", async () => {
  const subject = 'Hash=1f;Subject="CN=algo-7,O=Desk, Inc";URI=';
  const shown = { "x-forwarded-client-cert": subject };
  await withIssuer(async ({ ask }) => {
    assert.equal(await ask(shown), "200");
    assert.equal(await ask(shown, "/v1/admin/clients"), "200");
    const strange = { "x-forwarded-client-cert": 'Subject="CN=algo-8,O=Desk, Inc"' };
    assert.equal(await ask(strange), "403 ROLE_UNBOUND");
    // Whoever connects to the proxy may send elements of their own: the proxy's is the last.
    const smuggled = { "x-forwarded-client-cert": `${subject},Hash=2f;Subject="CN=eve"` };
    assert.equal(await ask(smuggled), "403 ROLE_UNBOUND");
    // What stands in one attribute is no attribute of its own.
    const escaped = { "x-forwarded-client-cert": 'Subject="CN=algo-7\\,O=Desk, Inc"' };
    assert.equal(await ask(escaped), "403 ROLE_UNBOUND");
    const quoted = { "x-forwarded-client-cert": 'Subject="CN=eve,O=;Subject=CN=algo-7"' };
    assert.equal(await ask(quoted), "403 ROLE_UNBOUND");
    assert.equal(await ask({ "x-forwarded-client-cert": "Hash=1f" }), "401 KEY_MISSING");
    const page = { ...shown, origin: "https://evil.example" };
    assert.equal(await ask(page), "403 OTHER_ORIGIN");
  }, ["127.0.0.1"]);
  await withIssuer(async ({ ask }) => {
    assert.equal(await ask(shown), "401 KEY_MISSING");
  }, ["127.0.0.2"]);
  await withIssuer(async ({ ask }) => assert.equal(await ask(shown), "401 KEY_MISSING"));
});
