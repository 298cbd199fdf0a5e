import assert from "node:assert/strict";
import { createLogger, StorageError } from "@ssmd/runtime";
import type { ClientStore } from "./client_store.ts";
import { ACCESS_LIMITS } from "./limits.ts";
import { memoryClientStore } from "./store/sqlite.ts";
import { testSession } from "./testing/accounts.ts";
import { UsageLog } from "./usage_log.ts";

/** A store that can be made to refuse what is counted. */
function brokenStore() {
  const store = memoryClientStore();
  const state = { broken: false };
  const count: ClientStore["count"] = (counted) =>
    state.broken
      ? Promise.reject(new StorageError("CLIENT_STORE_BUSY", "in use", { retryable: true }))
      : store.count(counted);
  // The methods stand on the prototype and need their object.
  const usage: ClientStore["usage"] = (query) => store.usage(query);
  const sessions: ClientStore["sessions"] = (query) => store.sessions(query);
  return { state, store: { ...store, count, usage, sessions } as ClientStore };
}

const trade = (messages: number) => ({
  ...{ day: "2026-01-01", client: "desk", feed: "kraken", type: "trade", messages },
});

Deno.test("what could not be written is written later, once, and the log says both", async () => {
  const { store, state } = brokenStore();
  const lines: string[] = [];
  const logger = createLogger({ format: "json", write: (line) => lines.push(line) });
  const log = new UsageLog({
    revision: () => 1,
    store,
    run: "r1",
    logger,
    now: () => 5,
  });
  state.broken = true;
  log.add(trade(3));
  log.putSession(testSession("s1"));
  await log.flush();
  log.add(trade(4));
  log.putSession(testSession("s1", { endedAtMs: 9, reason: "closed" }));
  await log.flush(true);
  state.broken = false;
  await log.flush(true);
  await log.flush(true);
  assert.deepEqual(await store.usage({}), [trade(7)]);
  assert.deepEqual((await store.sessions({ limit: 9 })).map(({ reason }) => reason), ["closed"]);
  assert.deepEqual(lines.map((line) => JSON.parse(line).level), ["warn", "info"]);
});

Deno.test("a batch of which nobody knows whether it was written is not counted twice", async () => {
  const { store } = brokenStore();
  const lost = { answers: 2 };
  const count: ClientStore["count"] = async (counted) => {
    await store.count(counted);
    if (lost.answers-- > 0) throw new StorageError("CLIENT_STORE_AWAY", "no answer");
  };
  const written: number[] = [];
  const log = new UsageLog({
    ...{ revision: () => 1, run: "r1", logger: createLogger({ write: () => {} }), now: () => 5 },
    store: { ...store, count } as ClientStore,
    onWritten: (usage) => written.push(...usage.map(({ messages }) => messages)),
  });
  log.add(trade(3));
  await log.flush();
  log.add(trade(4));
  await log.flush();
  assert.deepEqual(written, []);
  await log.flush(true);
  assert.deepEqual(await store.usage({}), [trade(7)]);
  assert.deepEqual(written, [3, 4]);
});

Deno.test("a batch is bounded, and a full flush writes all batches", async () => {
  const { store } = brokenStore();
  const log = new UsageLog({
    revision: () => 1,
    store,
    run: "r1",
    logger: createLogger({ write: () => {} }),
    now: () => 5,
  });
  const rows = ACCESS_LIMITS.flushRowsMax * 2 + 1;
  for (let i = 0; i < rows; i++) log.add({ ...trade(1), client: `c${i}` });
  await log.flush();
  assert.equal((await store.usage({})).length, ACCESS_LIMITS.flushRowsMax);
  await log.flush(true);
  assert.equal((await store.usage({})).length, rows);
});

Deno.test("while the store is away ended sessions are bounded, open ones are not let go", async () => {
  const { store, state } = brokenStore();
  const log = new UsageLog({
    revision: () => 1,
    store,
    run: "r1",
    logger: createLogger({ write: () => {} }),
    now: () => 5,
  });
  state.broken = true;
  log.putSession(testSession("open"));
  for (let i = 0; i < ACCESS_LIMITS.endedSessionsMax + 50; i++) {
    log.putSession(testSession(`s${i}`, { endedAtMs: 9, reason: "closed" }));
  }
  state.broken = false;
  await log.flush(true);
  const sessions = await store.sessions({ limit: 1e6 });
  assert.equal(sessions.length, ACCESS_LIMITS.endedSessionsMax);
  assert.ok(sessions.some(({ id }) => id === "open"));
});
