import assert from "node:assert/strict";
import { GATEWAY_LIMITS } from "../limits.ts";
import { newKey } from "./api_key.ts";
import { SIGN_IN_COOKIE } from "./credential.ts";
import { ACCESS_LIMITS, GUARD_LIMITS } from "./limits.ts";
import { testClient, testEntitlement, testSession } from "./testing/accounts.ts";
import { callerWith, withApiKeys } from "./testing/api_key_rig.ts";

Deno.test("a good key is let in by either header; none, a bad one and a half one are not", () =>
  withApiKeys(async ({ key, outcomeOf }) => {
    const { text } = await key("desk");
    assert.equal(await outcomeOf(text), "desk");
    assert.equal(await outcomeOf({ headers: { "x-api-key": text } }), "desk");
    assert.equal(await outcomeOf({ headers: { authorization: `bearer ${text}` } }), "desk");
    assert.equal(await outcomeOf(""), "KEY_MISSING");
    for (const bad of [newKey().text, text.slice(0, -1), `${text}x`, "x"]) {
      assert.equal(await outcomeOf(bad), "KEY_INVALID", bad);
    }
    const wrongSecret = text.slice(0, 16) + newKey().secret;
    assert.equal(await outcomeOf(wrongSecret), "KEY_INVALID");
    assert.equal(await outcomeOf({ headers: { authorization: `Basic ${text}` } }), "KEY_INVALID");
  }));

Deno.test("a key in an address is refused even if it is good", () =>
  withApiKeys(async ({ key, outcomeOf }) => {
    const { text } = await key("desk");
    for (const name of ["key", "api_key", "token", "KEY"]) {
      const caller = callerWith(text, { query: new URLSearchParams({ [name]: text }) });
      assert.equal(await outcomeOf(caller), "KEY_IN_ADDRESS");
    }
  }));

Deno.test("an ended, a revoked and a disabled key each tell so, to who holds the secret", () =>
  withApiKeys(async ({ key, outcomeOf, clock, change, advance }) => {
    const ended = await key("desk", { expiresAtMs: clock.ms + 1000, replacedBy: "k2" });
    const revoked = await key("desk", { revokedAtMs: clock.ms - 1 });
    assert.equal(await outcomeOf(ended.text), "desk");
    clock.ms += 1000;
    assert.equal(await outcomeOf(ended.text), "KEY_EXPIRED");
    assert.equal(await outcomeOf(revoked.text), "KEY_REVOKED");
    const { text } = await key("desk");
    await change({ put: "client", client: testClient("desk", { enabled: false }) });
    await advance(ACCESS_LIMITS.pollMs);
    assert.equal(await outcomeOf(text), "CLIENT_DISABLED");
    await change({ delete: "client", id: "desk" });
    await advance(ACCESS_LIMITS.pollMs);
    assert.equal(await outcomeOf(text), "KEY_INVALID");
  }));

Deno.test("a role opens what it names, and no more", () =>
  withApiKeys(async ({ key, outcomeOf, change }) => {
    await change({ put: "client", client: testClient("scraper", { role: "metrics" }) });
    await change({ put: "client", client: testClient("boss", { role: "admin" }) });
    const [entitled, scraper, boss] = [await key("desk"), await key("scraper"), await key("boss")];
    const roles = ["public", "viewer", "metrics", "superadmin"] as const;
    const all = async (text: string) => {
      const opened = [];
      for (const role of roles) opened.push(await outcomeOf(text, role));
      return opened;
    };
    assert.deepEqual(await all(entitled.text), ["desk", "desk", "ROLE_MISSING", "ROLE_MISSING"]);
    assert.deepEqual(await all(scraper.text), ["scraper", "scraper", "scraper", "ROLE_MISSING"]);
    assert.deepEqual(await all(boss.text), ["boss", "boss", "boss", "boss"]);
    assert.deepEqual(await all(""), ["public", "KEY_MISSING", "KEY_MISSING", "KEY_MISSING"]);
  }));

Deno.test("bad keys are slowed, then those of the address are refused for a while, and good keys never", () =>
  withApiKeys(async ({ key, outcomeOf, clock, waits, journal }) => {
    const { text } = await key("desk");
    for (let i = 0; i < GUARD_LIMITS.badKeysMax; i++) await outcomeOf(newKey().text);
    assert.deepEqual(waits.slice(0, 4), [250, 500, 1000, 2000]);
    assert.ok(Math.max(...waits) === GUARD_LIMITS.slowMsMax);
    assert.equal(await outcomeOf(newKey().text), "ADDRESS_BLOCKED");
    assert.equal(await outcomeOf(text), "desk");
    assert.equal(
      await outcomeOf(callerWith(newKey().text, { address: "192.0.2.9" })),
      "KEY_INVALID",
    );
    clock.ms += GUARD_LIMITS.blockedMs;
    assert.equal(await outcomeOf(newKey().text), "KEY_INVALID");
    const codes = journal.map(({ code, count }) => `${code} ${count}`);
    assert.deepEqual(codes.slice(0, 2), ["KEY_INVALID 1", "ADDRESS_BLOCKED 1"]);
  }));

Deno.test("false tickets, which any page can make a browser send, lock nobody out and slow nobody down", () =>
  withApiKeys(async ({ key, authenticator, outcomeOf, waits }) => {
    const { text } = await key("desk");
    const headers = { upgrade: "websocket", origin: "https://evil.example", host: "ssmd.example" };
    for (let i = 0; i < GUARD_LIMITS.badKeysMax * 2; i++) {
      const query = new URLSearchParams({ ticket: `x${i}` });
      assert.equal(await outcomeOf({ headers, query }), "KEY_INVALID");
    }
    assert.deepEqual(waits, []);
    const access = await authenticator.authenticate(callerWith(text));
    const query = new URLSearchParams({ ticket: authenticator.newTicket(access) });
    assert.equal(await outcomeOf({ headers, query }), "desk");
  }));

Deno.test("who shows no key has a rate by address; a key, a probe and another address pass", () =>
  withApiKeys(async ({ key, outcomeOf, clock }) => {
    const { text } = await key("desk");
    const burst = GATEWAY_LIMITS.keylessRequestsPerSecondMax * 5;
    for (let i = 0; i < burst; i++) assert.equal(await outcomeOf("", "public"), "public");
    assert.equal(await outcomeOf("", "public"), "RATE_LIMITED");
    assert.equal(await outcomeOf(""), "RATE_LIMITED");
    assert.equal(await outcomeOf({ isProbe: true }, "public"), "public");
    assert.equal(await outcomeOf({ address: "192.0.2.9" }, "public"), "public");
    assert.equal(await outcomeOf(text), "desk");
    clock.ms += 1000;
    assert.equal(await outcomeOf("", "public"), "public");
  }));

Deno.test("a key that was good once and has ended blocks nobody", () =>
  withApiKeys(async ({ key, outcomeOf, clock }) => {
    const { text } = await key("desk", { expiresAtMs: clock.ms });
    for (let i = 0; i < GUARD_LIMITS.badKeysMax * 2; i++) await outcomeOf(text);
    assert.equal(await outcomeOf(text), "KEY_EXPIRED");
  }));

Deno.test("a revoked key ends its streams with the next look at the store, and no others", () =>
  withApiKeys(async ({ key, openSession, change, advance, store }) => {
    const [one, two] = [await key("desk"), await key("desk")];
    const [session, other] = [await openSession(one.text), await openSession(two.text)];
    await change({ put: "key", key: { ...one.key, revokedAtMs: 1 } });
    await advance(ACCESS_LIMITS.pollMs);
    assert.deepEqual([session.denied?.code, session.denied?.closeCode], ["KEY_REVOKED", 4401]);
    assert.equal(other.denied, undefined);
    await advance(ACCESS_LIMITS.flushMs);
    const sessions = await store.sessions({ limit: 9 });
    const mine = sessions.find((session) => session.key === one.key.id);
    assert.deepEqual([mine?.reason, sessions.length], ["KEY_REVOKED", 2]);
  }));

Deno.test("a key that ends, a client that is disabled or removed: their streams end too", () =>
  withApiKeys(async ({ key, openSession, change, advance, clock }) => {
    const ending = await key("desk", { expiresAtMs: clock.ms + 5000 });
    const session = await openSession(ending.text);
    const code = () => session.denied?.code;
    await advance(4999);
    assert.equal(code(), undefined);
    await advance(1);
    assert.equal(code(), "KEY_EXPIRED");
    const { text } = await key("desk");
    const second = await openSession(text);
    await change({ put: "client", client: testClient("desk", { enabled: false }) });
    await advance(ACCESS_LIMITS.pollMs);
    assert.equal(second.denied?.closeCode, 4403);
    await change({ put: "client", client: testClient("desk") });
    await advance(ACCESS_LIMITS.pollMs);
    const third = await openSession(text);
    await change({ delete: "client", id: "desk" });
    await advance(ACCESS_LIMITS.pollMs);
    assert.equal(third.denied?.code, "KEY_INVALID");
    assert.equal(third.access.typesOf("kraken", "BTCUSD"), 0);
  }));

Deno.test("entitlements that come, go or end are told to the streams, once each", () =>
  withApiKeys(async ({ key, openSession, change, advance, clock }) => {
    const { text } = await key("desk");
    const session = await openSession(text);
    const sees = () => session.access.typesOf("kraken", "BTCUSD") !== 0;
    assert.deepEqual([sees(), session.access.seesFeed("kraken")], [false, false]);
    const expiresAtMs = clock.ms + 10_000;
    await change({
      add: "entitlement",
      entitlement: testEntitlement("desk", "kraken", { expiresAtMs }),
    });
    await advance(ACCESS_LIMITS.pollMs);
    assert.deepEqual([sees(), session.access.seesFeed("kraken"), session.changes], [true, true, 1]);
    await advance(5000);
    assert.equal(session.changes, 1);
    await advance(5000);
    assert.deepEqual([sees(), session.changes], [false, 2]);
    await advance(5000);
    assert.equal(session.changes, 2);
  }));

Deno.test("a client opens no more streams than it may; one that left makes room", () =>
  withApiKeys(
    async ({ key, openSession }) => {
      const { text } = await key("desk");
      const first = await openSession(text);
      await openSession(text);
      await assert.rejects(openSession(text), { code: "SESSION_LIMIT", status: 429 });
      first.lease?.release("closed");
      first.lease?.release("closed");
      await openSession(text);
      await assert.rejects(openSession(text), { code: "SESSION_LIMIT" });
    },
    {
      limits: {
        sessionsMax: 2,
        devicesMax: null,
        requestsPerSecondMax: null,
        messagesPerDayMax: null,
      },
    },
  ));

Deno.test("requests are limited over all keys and connections of a client", () =>
  withApiKeys(
    async ({ key, outcomeOf, clock, openSession }) => {
      const [one, two] = [await key("desk"), await key("desk")];
      const session = await openSession(one.text);
      assert.equal(session.access.takeRequest(), undefined);
      for (let i = 0; i < 3; i++) assert.equal(await outcomeOf(two.text), "desk");
      assert.equal(session.access.takeRequest(), undefined);
      assert.equal(await outcomeOf(two.text), "RATE_LIMITED");
      const denied = session.access.takeRequest();
      assert.deepEqual([denied?.status, denied?.retryAfterS], [429, 1]);
      clock.ms += 1000;
      for (let i = 0; i < 3; i++) assert.equal(await outcomeOf(two.text), "desk");
      assert.equal(await outcomeOf(two.text), "RATE_LIMITED");
    },
    {
      limits: {
        sessionsMax: null,
        devicesMax: null,
        requestsPerSecondMax: 3,
        messagesPerDayMax: null,
      },
    },
  ));

Deno.test("a quota is told before it ends, closes the streams at its end, and begins anew at 00:00 UTC", () =>
  withApiKeys(
    async (
      { key, openSession, advance, meterFeeds, outcomeOf, clock, journal },
    ) => {
      const { text } = await key("desk");
      const session = await openSession(text);
      const deliver = async (messages: number) => {
        session.access.meter?.add(meterFeeds.indexOf("kraken"), 0, messages);
        await advance(ACCESS_LIMITS.meterMs);
      };
      await deliver(79);
      assert.equal(session.notices.length, 0);
      await deliver(1);
      assert.equal(session.notices[0]?.["code"], "quota_near");
      assert.equal(session.notices[0]?.["resets"], "2026-03-02T00:00:00.000Z");
      const late = await openSession(text);
      await deliver(15);
      assert.deepEqual([session.notices.length, late.notices.length], [2, 1]);
      await deliver(5);
      assert.deepEqual([session.denied?.code, late.denied?.closeCode], ["QUOTA_EXCEEDED", 4429]);
      await assert.rejects(openSession(text), { code: "QUOTA_EXCEEDED" });
      assert.equal(await outcomeOf(text), "desk");
      assert.equal(journal[0]?.["code"], "QUOTA_EXCEEDED");
      clock.ms = Date.parse("2026-03-02T00:00:00Z");
      const next = await openSession(text);
      await advance(ACCESS_LIMITS.meterMs);
      assert.deepEqual([next.denied, next.notices], [undefined, []]);
    },
    {
      limits: {
        sessionsMax: null,
        devicesMax: null,
        requestsPerSecondMax: null,
        messagesPerDayMax: 100,
      },
    },
  ));

Deno.test("usage is counted by client, feed, type and day, requests too", () =>
  withApiKeys(async ({ key, openSession, advance, meterFeeds, store }) => {
    const { text } = await key("desk");
    const session = await openSession(text);
    session.access.meter?.add(meterFeeds.indexOf("kraken"), 0, 3);
    session.access.meter?.add(meterFeeds.indexOf("kalshi"), 2, 4);
    await advance(ACCESS_LIMITS.flushMs);
    session.access.meter?.add(meterFeeds.indexOf("kraken"), 0, 10);
    await advance(ACCESS_LIMITS.flushMs);
    await advance(ACCESS_LIMITS.flushMs);
    const counts = (await store.usage({ client: "desk" }))
      .map(({ day, feed, type, messages }) => `${day} ${feed} ${type} ${messages}`);
    assert.deepEqual(counts, [
      "2026-03-01 - request 1",
      "2026-03-01 kalshi orderbook 4",
      "2026-03-01 kraken trade 13",
    ]);
    assert.ok((await store.load()).keys[0]?.lastUsedAtMs);
  }));

Deno.test("sessions of a gateway that was killed end soon after, at the time when it was last seen", () =>
  withApiKeys(async ({ store, advance, clock }) => {
    const seenAtMs = clock.ms;
    const sessions = [testSession("old", { run: "killed", startedAtMs: clock.ms - 5000 })];
    await store.count({
      sessions,
      usage: [],
      keysUsed: [],
      run: { id: "killed", seenAtMs, pid: 7, revision: 1 },
    });
    await advance(ACCESS_LIMITS.runLostMs + 1);
    const [session] = await store.sessions({ limit: 9 });
    assert.equal(session?.endedAtMs, seenAtMs);
  }));

Deno.test("a ticket opens one stream within half a minute, and ends with its key", () =>
  withApiKeys(
    async (
      { key, authenticator, outcomeOf, clock, change, advance },
    ) => {
      const one = await key("desk");
      const access = await authenticator.authenticate(callerWith(one.text));
      const headers = { upgrade: "websocket" };
      const withTicket = (ticket: string) => ({ headers, query: new URLSearchParams({ ticket }) });
      const ticket = authenticator.newTicket(access);
      assert.equal(await outcomeOf({ query: new URLSearchParams({ ticket }) }), "KEY_MISSING");
      assert.equal(await outcomeOf(withTicket(ticket)), "desk");
      assert.equal(await outcomeOf(withTicket(ticket)), "KEY_INVALID");
      const old = authenticator.newTicket(access);
      clock.ms += ACCESS_LIMITS.ticketMs;
      assert.equal(await outcomeOf(withTicket(old)), "KEY_INVALID");
      const revoked = authenticator.newTicket(access);
      await change({ put: "key", key: { ...one.key, revokedAtMs: 1 } });
      await advance(ACCESS_LIMITS.pollMs);
      assert.equal(await outcomeOf(withTicket(revoked)), "KEY_REVOKED");
    },
  ));

Deno.test("a browser that signed in is let in by its cookie, from the gateway's own page only", () =>
  withApiKeys(async ({ key, authenticator, outcomeOf, clock }) => {
    const { text } = await key("desk");
    const token = authenticator.signIn(await authenticator.authenticate(callerWith(text)));
    const headers = { cookie: `a=b; ${SIGN_IN_COOKIE}=${token}`, host: "md.example:8080" };
    assert.equal(await outcomeOf({ headers }), "desk");
    const origin = (from: string) => ({ headers: { ...headers, origin: from } });
    assert.equal(await outcomeOf(origin("http://md.example:8080")), "desk");
    assert.equal(await outcomeOf(origin("http://evil.example")), "OTHER_ORIGIN");
    assert.equal(await outcomeOf(origin("null")), "OTHER_ORIGIN");
    clock.ms += ACCESS_LIMITS.browserSessionMs;
    assert.equal(await outcomeOf({ headers }), "SIGN_IN_OVER");
    assert.equal(await outcomeOf({ headers }, "public"), "public");
    const second = authenticator.signIn(await authenticator.authenticate(callerWith(text)));
    authenticator.signOut(second);
    const gone = { cookie: `${SIGN_IN_COOKIE}=${second}` };
    assert.equal(await outcomeOf({ headers: gone }), "SIGN_IN_OVER");
  }));

Deno.test("no refusal and no record of the journal repeats what was sent", () =>
  withApiKeys(async ({ key, authenticator, outcomeOf, journal, clock }) => {
    const planted = [
      newKey().text,
      (await key("desk", { expiresAtMs: clock.ms })).text,
      "hunter2!",
    ];
    for (const text of planted) {
      for (
        const caller of [
          callerWith(text),
          callerWith("", { headers: { "x-api-key": text } }),
          callerWith("", { query: new URLSearchParams({ key: text }) }),
          callerWith("", {
            headers: { upgrade: "websocket" },
            query: new URLSearchParams({ ticket: text }),
          }),
          callerWith("", { headers: { cookie: `${SIGN_IN_COOKIE}=${text}` } }),
          callerWith(text, { what: `/v1/${text}` }),
        ]
      ) {
        const error = await authenticator.authenticate(caller).catch((denied) => denied);
        const reported = JSON.stringify([
          error,
          error.message,
          error.hint,
          error.context,
          error.stack,
        ]);
        const secret = text.split("_").at(-1) ?? "";
        assert.ok(!reported.includes(secret), reported);
      }
    }
    await outcomeOf("");
    const secrets = planted.slice(0, 2).map((text) => text.split("_")[2] ?? "");
    const written = JSON.stringify(journal);
    for (const secret of secrets) assert.ok(!written.includes(secret), written);
  }));
