import assert from "node:assert/strict";
import { GATEWAY_LIMITS } from "../limits.ts";
import { newKey } from "./api_key.ts";
import { SIGN_IN_COOKIE } from "./credential.ts";
import { ACCESS_LIMITS, GUARD_LIMITS } from "./limits.ts";
import { testClient, testEntitlement, testSession } from "./testing/accounts.ts";
import { callerWith, withKeyGate } from "./testing/key_gate_rig.ts";

Deno.test("a good key is let in by either header; none, a bad one and a half one are not", () =>
  withKeyGate(async ({ key, tried }) => {
    const { text } = await key("desk");
    assert.equal(await tried(text), "desk");
    assert.equal(await tried({ headers: { "x-api-key": text } }), "desk");
    assert.equal(await tried({ headers: { authorization: `bearer ${text}` } }), "desk");
    assert.equal(await tried(""), "KEY_MISSING");
    for (const bad of [newKey().text, text.slice(0, -1), `${text}x`, "x"]) {
      assert.equal(await tried(bad), "KEY_INVALID", bad);
    }
    const wrongSecret = text.slice(0, 16) + newKey().secret;
    assert.equal(await tried(wrongSecret), "KEY_INVALID");
    assert.equal(await tried({ headers: { authorization: `Basic ${text}` } }), "KEY_INVALID");
  }));

Deno.test("a key in an address is refused even if it is good", () =>
  withKeyGate(async ({ key, tried }) => {
    const { text } = await key("desk");
    for (const name of ["key", "api_key", "token", "KEY"]) {
      const caller = callerWith(text, { query: new URLSearchParams({ [name]: text }) });
      assert.equal(await tried(caller), "KEY_IN_ADDRESS");
    }
  }));

Deno.test("an ended, a revoked and a disabled key each tell so, to who holds the secret", () =>
  withKeyGate(async ({ key, tried, clock, change, pass }) => {
    const ended = await key("desk", { expiresAtMs: clock.ms + 1000, replacedBy: "k2" });
    const revoked = await key("desk", { revokedAtMs: clock.ms - 1 });
    assert.equal(await tried(ended.text), "desk");
    clock.ms += 1000;
    assert.equal(await tried(ended.text), "KEY_EXPIRED");
    assert.equal(await tried(revoked.text), "KEY_REVOKED");
    const { text } = await key("desk");
    await change({ put: "client", client: testClient("desk", { enabled: false }) });
    await pass(ACCESS_LIMITS.pollMs);
    assert.equal(await tried(text), "CLIENT_DISABLED");
    await change({ delete: "client", id: "desk" });
    await pass(ACCESS_LIMITS.pollMs);
    assert.equal(await tried(text), "KEY_INVALID");
  }));

Deno.test("a role opens what it names, and no more", () =>
  withKeyGate(async ({ key, tried, change }) => {
    await change({ put: "client", client: testClient("scraper", { role: "metrics" }) });
    await change({ put: "client", client: testClient("boss", { role: "admin" }) });
    const [desk, scraper, boss] = [await key("desk"), await key("scraper"), await key("boss")];
    const roles = ["public", "client", "metrics", "admin"] as const;
    const all = async (text: string) => {
      const opened = [];
      for (const role of roles) opened.push(await tried(text, role));
      return opened;
    };
    assert.deepEqual(await all(desk.text), ["desk", "desk", "ROLE_MISSING", "ROLE_MISSING"]);
    assert.deepEqual(await all(scraper.text), ["scraper", "scraper", "scraper", "ROLE_MISSING"]);
    assert.deepEqual(await all(boss.text), ["boss", "boss", "boss", "boss"]);
    assert.deepEqual(await all(""), ["public", "KEY_MISSING", "KEY_MISSING", "KEY_MISSING"]);
  }));

Deno.test("bad keys are slowed, then those of the address are refused for a while, and good keys never", () =>
  withKeyGate(async ({ key, tried, clock, waits, journal }) => {
    const { text } = await key("desk");
    for (let i = 0; i < GUARD_LIMITS.badKeysMax; i++) await tried(newKey().text);
    assert.deepEqual(waits.slice(0, 4), [250, 500, 1000, 2000]);
    assert.ok(Math.max(...waits) === GUARD_LIMITS.slowMsMax);
    assert.equal(await tried(newKey().text), "ADDRESS_BLOCKED");
    assert.equal(await tried(text), "desk");
    assert.equal(await tried(callerWith(newKey().text, { address: "192.0.2.9" })), "KEY_INVALID");
    clock.ms += GUARD_LIMITS.blockedMs;
    assert.equal(await tried(newKey().text), "KEY_INVALID");
    const codes = journal.map(({ code, count }) => `${code} ${count}`);
    assert.deepEqual(codes.slice(0, 2), ["KEY_INVALID 1", "ADDRESS_BLOCKED 1"]);
  }));

Deno.test("false tickets, which any page can make a browser send, lock nobody out and slow nobody down", () =>
  withKeyGate(async ({ key, gate, tried, waits }) => {
    const { text } = await key("desk");
    const headers = { upgrade: "websocket", origin: "https://evil.example", host: "ssmd.example" };
    for (let i = 0; i < GUARD_LIMITS.badKeysMax * 2; i++) {
      const query = new URLSearchParams({ ticket: `x${i}` });
      assert.equal(await tried({ headers, query }), "KEY_INVALID");
    }
    assert.deepEqual(waits, []);
    const access = await gate.admit(callerWith(text));
    const query = new URLSearchParams({ ticket: gate.newTicket(access) });
    assert.equal(await tried({ headers, query }), "desk");
  }));

Deno.test("who shows no key has a rate by address; a key, a probe and another address pass", () =>
  withKeyGate(async ({ key, tried, clock }) => {
    const { text } = await key("desk");
    const burst = GATEWAY_LIMITS.keylessRequestsPerSecondMax * 5;
    for (let i = 0; i < burst; i++) assert.equal(await tried("", "public"), "public");
    assert.equal(await tried("", "public"), "RATE_LIMITED");
    assert.equal(await tried(""), "RATE_LIMITED");
    assert.equal(await tried({ isProbe: true }, "public"), "public");
    assert.equal(await tried({ address: "192.0.2.9" }, "public"), "public");
    assert.equal(await tried(text), "desk");
    clock.ms += 1000;
    assert.equal(await tried("", "public"), "public");
  }));

Deno.test("a key that was good once and has ended blocks nobody", () =>
  withKeyGate(async ({ key, tried, clock }) => {
    const { text } = await key("desk", { expiresAtMs: clock.ms });
    for (let i = 0; i < GUARD_LIMITS.badKeysMax * 2; i++) await tried(text);
    assert.equal(await tried(text), "KEY_EXPIRED");
  }));

Deno.test("a revoked key ends its streams with the next look at the store, and no others", () =>
  withKeyGate(async ({ key, enter, change, pass, store }) => {
    const [one, two] = [await key("desk"), await key("desk")];
    const [guest, other] = [await enter(one.text), await enter(two.text)];
    await change({ put: "key", key: { ...one.key, revokedAtMs: 1 } });
    await pass(ACCESS_LIMITS.pollMs);
    assert.deepEqual([guest.refusal?.code, guest.refusal?.closeCode], ["KEY_REVOKED", 4401]);
    assert.equal(other.refusal, undefined);
    await pass(ACCESS_LIMITS.flushMs);
    const sessions = await store.sessions({ limit: 9 });
    const mine = sessions.find((session) => session.key === one.key.id);
    assert.deepEqual([mine?.reason, sessions.length], ["KEY_REVOKED", 2]);
  }));

Deno.test("a key that ends, a client that is disabled or removed: their streams end too", () =>
  withKeyGate(async ({ key, enter, change, pass, clock }) => {
    const ending = await key("desk", { expiresAtMs: clock.ms + 5000 });
    const guest = await enter(ending.text);
    const code = () => guest.refusal?.code;
    await pass(4999);
    assert.equal(code(), undefined);
    await pass(1);
    assert.equal(code(), "KEY_EXPIRED");
    const { text } = await key("desk");
    const second = await enter(text);
    await change({ put: "client", client: testClient("desk", { enabled: false }) });
    await pass(ACCESS_LIMITS.pollMs);
    assert.equal(second.refusal?.closeCode, 4403);
    await change({ put: "client", client: testClient("desk") });
    await pass(ACCESS_LIMITS.pollMs);
    const third = await enter(text);
    await change({ delete: "client", id: "desk" });
    await pass(ACCESS_LIMITS.pollMs);
    assert.equal(third.refusal?.code, "KEY_INVALID");
    assert.equal(third.access.types("kraken", "BTCUSD"), 0);
  }));

Deno.test("entitlements that come, go or end are told to the streams, once each", () =>
  withKeyGate(async ({ key, enter, change, pass, clock }) => {
    const { text } = await key("desk");
    const guest = await enter(text);
    const sees = () => guest.access.types("kraken", "BTCUSD") !== 0;
    assert.deepEqual([sees(), guest.access.feed("kraken")], [false, false]);
    const expiresAtMs = clock.ms + 10_000;
    await change({
      add: "entitlement",
      entitlement: testEntitlement("desk", "kraken", { expiresAtMs }),
    });
    await pass(ACCESS_LIMITS.pollMs);
    assert.deepEqual([sees(), guest.access.feed("kraken"), guest.changes], [true, true, 1]);
    await pass(5000);
    assert.equal(guest.changes, 1);
    await pass(5000);
    assert.deepEqual([sees(), guest.changes], [false, 2]);
    await pass(5000);
    assert.equal(guest.changes, 2);
  }));

Deno.test("a client opens no more streams than it may; one that left makes room", () =>
  withKeyGate(
    async ({ key, enter }) => {
      const { text } = await key("desk");
      const first = await enter(text);
      await enter(text);
      await assert.rejects(enter(text), { code: "SESSION_LIMIT", status: 429 });
      first.visit?.leave("closed");
      first.visit?.leave("closed");
      await enter(text);
      await assert.rejects(enter(text), { code: "SESSION_LIMIT" });
    },
    { limits: { sessionsMax: 2, requestsPerSecondMax: null, messagesPerDayMax: null } },
  ));

Deno.test("requests are limited over all keys and connections of a client", () =>
  withKeyGate(
    async ({ key, tried, clock, enter }) => {
      const [one, two] = [await key("desk"), await key("desk")];
      const guest = await enter(one.text);
      assert.equal(guest.access.spend(), undefined);
      for (let i = 0; i < 3; i++) assert.equal(await tried(two.text), "desk");
      assert.equal(guest.access.spend(), undefined);
      assert.equal(await tried(two.text), "RATE_LIMITED");
      const refusal = guest.access.spend();
      assert.deepEqual([refusal?.status, refusal?.retryAfterS], [429, 1]);
      clock.ms += 1000;
      for (let i = 0; i < 3; i++) assert.equal(await tried(two.text), "desk");
      assert.equal(await tried(two.text), "RATE_LIMITED");
    },
    { limits: { sessionsMax: null, requestsPerSecondMax: 3, messagesPerDayMax: null } },
  ));

Deno.test("a quota is told before it ends, closes the streams at its end, and begins anew at 00:00 UTC", () =>
  withKeyGate(
    async ({ key, enter, pass, meterFeeds, tried, clock, journal }) => {
      const { text } = await key("desk");
      const guest = await enter(text);
      const deliver = async (messages: number) => {
        guest.access.meter?.add(meterFeeds.placeOf("kraken"), 0, messages);
        await pass(ACCESS_LIMITS.meterMs);
      };
      await deliver(79);
      assert.equal(guest.notices.length, 0);
      await deliver(1);
      assert.equal(guest.notices[0]?.["code"], "quota_near");
      assert.equal(guest.notices[0]?.["resets"], "2026-03-02T00:00:00.000Z");
      const late = await enter(text);
      await deliver(15);
      assert.deepEqual([guest.notices.length, late.notices.length], [2, 1]);
      await deliver(5);
      assert.deepEqual([guest.refusal?.code, late.refusal?.closeCode], ["QUOTA_EXCEEDED", 4429]);
      await assert.rejects(enter(text), { code: "QUOTA_EXCEEDED" });
      assert.equal(await tried(text), "desk");
      assert.equal(journal[0]?.["code"], "QUOTA_EXCEEDED");
      clock.ms = Date.parse("2026-03-02T00:00:00Z");
      const next = await enter(text);
      await pass(ACCESS_LIMITS.meterMs);
      assert.deepEqual([next.refusal, next.notices], [undefined, []]);
    },
    { limits: { sessionsMax: null, requestsPerSecondMax: null, messagesPerDayMax: 100 } },
  ));

Deno.test("usage is counted by client, feed, type and day, requests too", () =>
  withKeyGate(async ({ key, enter, pass, meterFeeds, store }) => {
    const { text } = await key("desk");
    const guest = await enter(text);
    guest.access.meter?.add(meterFeeds.placeOf("kraken"), 0, 3);
    guest.access.meter?.add(meterFeeds.placeOf("kalshi"), 2, 4);
    await pass(ACCESS_LIMITS.flushMs);
    guest.access.meter?.add(meterFeeds.placeOf("kraken"), 0, 10);
    await pass(ACCESS_LIMITS.flushMs);
    await pass(ACCESS_LIMITS.flushMs);
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
  withKeyGate(async ({ store, pass, clock }) => {
    const seenAtMs = clock.ms;
    const sessions = [testSession("old", { run: "killed", startedAtMs: clock.ms - 5000 })];
    await store.count({ sessions, usage: [], keysUsed: [], run: { id: "killed", seenAtMs } });
    await pass(ACCESS_LIMITS.runLostMs + 1);
    const [session] = await store.sessions({ limit: 9 });
    assert.equal(session?.endedAtMs, seenAtMs);
  }));

Deno.test("a ticket opens one stream within half a minute, and ends with its key", () =>
  withKeyGate(async ({ key, gate, tried, clock, change, pass }) => {
    const one = await key("desk");
    const access = await gate.admit(callerWith(one.text));
    const headers = { upgrade: "websocket" };
    const withTicket = (ticket: string) => ({ headers, query: new URLSearchParams({ ticket }) });
    const ticket = gate.newTicket(access);
    assert.equal(await tried({ query: new URLSearchParams({ ticket }) }), "KEY_MISSING");
    assert.equal(await tried(withTicket(ticket)), "desk");
    assert.equal(await tried(withTicket(ticket)), "KEY_INVALID");
    const old = gate.newTicket(access);
    clock.ms += ACCESS_LIMITS.ticketMs;
    assert.equal(await tried(withTicket(old)), "KEY_INVALID");
    const revoked = gate.newTicket(access);
    await change({ put: "key", key: { ...one.key, revokedAtMs: 1 } });
    await pass(ACCESS_LIMITS.pollMs);
    assert.equal(await tried(withTicket(revoked)), "KEY_REVOKED");
  }));

Deno.test("a browser that signed in is let in by its cookie, from the gateway's own page only", () =>
  withKeyGate(async ({ key, gate, tried, clock }) => {
    const { text } = await key("desk");
    const token = gate.signIn(await gate.admit(callerWith(text)));
    const headers = { cookie: `a=b; ${SIGN_IN_COOKIE}=${token}`, host: "md.example:8080" };
    assert.equal(await tried({ headers }), "desk");
    const origin = (from: string) => ({ headers: { ...headers, origin: from } });
    assert.equal(await tried(origin("http://md.example:8080")), "desk");
    assert.equal(await tried(origin("http://evil.example")), "OTHER_ORIGIN");
    assert.equal(await tried(origin("null")), "OTHER_ORIGIN");
    clock.ms += ACCESS_LIMITS.signInMs;
    assert.equal(await tried({ headers }), "SIGN_IN_OVER");
    assert.equal(await tried({ headers }, "public"), "public");
    const second = gate.signIn(await gate.admit(callerWith(text)));
    gate.signOut(second);
    const gone = { cookie: `${SIGN_IN_COOKIE}=${second}` };
    assert.equal(await tried({ headers: gone }), "SIGN_IN_OVER");
  }));

Deno.test("no refusal and no record of the journal repeats what was sent", () =>
  withKeyGate(async ({ key, gate, tried, journal, clock }) => {
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
        const error = await gate.admit(caller).catch((refusal) => refusal);
        const told = JSON.stringify([error, error.message, error.hint, error.context, error.stack]);
        const secret = text.split("_").at(-1) ?? "";
        assert.ok(!told.includes(secret), told);
      }
    }
    await tried("");
    const secrets = planted.slice(0, 2).map((text) => text.split("_")[2] ?? "");
    const written = JSON.stringify(journal);
    for (const secret of secrets) assert.ok(!written.includes(secret), written);
  }));
