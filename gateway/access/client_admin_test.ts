import assert from "node:assert/strict";
import { hashSecret, isSecretOf, keyParts } from "./api_key.ts";
import { ClientAdmin } from "./client_admin.ts";
import type { ClientStore } from "./client_store.ts";
import { ACCESS_LIMITS } from "./limits.ts";
import { memoryClientStore } from "./store/sqlite.ts";

const NO_LIMITS = {
  sessionsMax: null,
  devicesMax: null,
  requestsPerSecondMax: null,
  messagesPerDayMax: null,
};
const PLAIN = { description: "", role: "client", limits: NO_LIMITS } as const;
const ALL = { feed: "*", symbols: "*", types: "*", expiresAtMs: null } as const;

function adminAt(ms: number, store: ClientStore = memoryClientStore()) {
  const clock = { ms };
  return { clock, store, admin: new ClientAdmin(store, () => clock.ms) };
}

Deno.test("a client is made once, changed field by field, and removed with all that is its own", async () => {
  const { admin, clock } = adminAt(1);
  await admin.create("desk", PLAIN);
  await assert.rejects(admin.create("desk", PLAIN), { code: "CLIENT_EXISTS" });
  clock.ms = 5;
  await admin.update("desk", { limits: { sessionsMax: 3 } });
  const client = await admin.update("desk", { enabled: false, limits: { messagesPerDayMax: 9 } });
  assert.deepEqual(client.limits, { ...NO_LIMITS, sessionsMax: 3, messagesPerDayMax: 9 });
  assert.deepEqual([client.enabled, client.createdAtMs, client.updatedAtMs], [false, 1, 5]);
  await admin.addKey("desk", { expiresAtMs: null });
  await admin.entitle("desk", ALL);
  assert.deepEqual(await admin.remove("desk"), { keys: 1, entitlements: 1 });
  await assert.rejects(admin.update("desk", {}), { code: "CLIENT_UNKNOWN" });
});

Deno.test("a name that is not there is answered with the one that was meant", async () => {
  const { admin } = adminAt(1);
  await admin.create("desk-one", PLAIN);
  await assert.rejects(admin.remove("desk-on"), { hint: 'Did you mean "desk-one"?' });
});

Deno.test("a key is stored as its hash alone", async () => {
  const { admin, store } = adminAt(1);
  await admin.create("desk", PLAIN);
  const { text, key } = await admin.addKey("desk", { label: "laptop", expiresAtMs: 7 });
  const parts = keyParts(text);
  assert.ok(parts !== undefined && isSecretOf(parts, key.hash));
  const stored = JSON.stringify(await store.load());
  assert.ok(!stored.includes(parts.secret) && stored.includes(hashSecret(parts)));
});

Deno.test("after a rotation both keys hold until the grace is over, and the old one is not rotated again", async () => {
  const { admin, clock } = adminAt(1000);
  await admin.create("desk", PLAIN);
  const one = await admin.addKey("desk", { label: "x", expiresAtMs: 11_000 });
  clock.ms = 5000;
  const two = await admin.rotateKey(one.key.id, { graceMs: 3000 });
  assert.deepEqual([two.old.expiresAtMs, two.old.replacedBy], [8000, two.key.id]);
  assert.deepEqual([two.key.expiresAtMs, two.key.label], [15_000, "x"]);
  await assert.rejects(admin.rotateKey(one.key.id, { graceMs: 1 }), { code: "API_KEY_REPLACED" });
  const three = await admin.rotateKey(two.key.id, { graceMs: 1e9, expiresAtMs: null });
  assert.deepEqual([three.old.expiresAtMs, three.key.expiresAtMs], [15_000, null]);
  clock.ms = 9000;
  await assert.rejects(admin.rotateKey(one.key.id, { graceMs: 1 }), { code: "API_KEY_OVER" });
});

Deno.test("a key is revoked once, and a whole key in place of its id is not repeated", async () => {
  const { admin, clock } = adminAt(1000);
  await admin.create("desk", PLAIN);
  const { key, text } = await admin.addKey("desk", { expiresAtMs: null });
  await admin.revokeKey(key.id);
  clock.ms = 2000;
  assert.equal((await admin.revokeKey(key.id)).revokedAtMs, 1000);
  const error = await admin.revokeKey(text).catch((thrown) => thrown);
  assert.equal(error.code, "API_KEY_UNKNOWN");
  assert.ok(!JSON.stringify([error, error.message, error.hint]).includes(text));
});

Deno.test("keys are limited, and of those that ended the oldest leave", async () => {
  const { admin, clock } = adminAt(1);
  await admin.create("desk", PLAIN);
  const { keysPerClientMax, keysKeptPerClientMax } = ACCESS_LIMITS;
  const first = await admin.addKey("desk", { expiresAtMs: null });
  for (let i = 1; i < keysPerClientMax; i++) await admin.addKey("desk", { expiresAtMs: null });
  const more = admin.addKey("desk", { expiresAtMs: null });
  await assert.rejects(more, { code: "CLIENT_STORE_FULL" });
  await admin.revokeKey(first.key.id);
  for (let i = 0; i < keysKeptPerClientMax; i++) {
    clock.ms += 10;
    await admin.addKey("desk", { expiresAtMs: clock.ms + 1 });
  }
  const { keys } = await admin.accounts();
  assert.equal(keys.length, keysKeptPerClientMax);
  assert.ok(!keys.some(({ id }) => id === first.key.id));
});

Deno.test("the same entitlement a second time changes only its end", async () => {
  const { admin } = adminAt(1);
  await admin.create("desk", PLAIN);
  await admin.create("other", PLAIN);
  await admin.entitle("other", ALL);
  const first = await admin.entitle("desk", ALL);
  const second = await admin.entitle("desk", { ...ALL, expiresAtMs: 9 });
  const some = await admin.entitle("desk", { ...ALL, types: ["trade"] });
  assert.notEqual(first.id, second.id);
  const { entitlements } = await admin.accounts();
  assert.deepEqual(
    entitlements.filter(({ client }) => client === "desk"),
    [second, some],
  );
  await assert.rejects(admin.revoke("desk", [some.id, 99]), { code: "ENTITLEMENT_UNKNOWN" });
  assert.deepEqual(await admin.revoke("desk", [some.id]), [some]);
  assert.deepEqual(await admin.revoke("desk", "all"), [second]);
  assert.equal((await admin.accounts()).entitlements.length, 1);
});

Deno.test("two who administer at once both get what they asked for", async () => {
  const { store } = adminAt(1);
  const admins = [1, 2, 3].map((ms) => adminAt(ms, store).admin);
  const made = admins.map((admin, i) => admin.create(`c${i}`, PLAIN));
  await Promise.all(made);
  assert.equal((await store.load()).clients.length, 3);
});
