import assert from "node:assert/strict";
import { withGuardedGateway } from "@ssmd/gateway/testing/guarded_gateway";
import { DAY_MS } from "@ssmd/runtime";
import {
  OVERLAP_MS_MAX,
  parseOverlap,
  plannedRotation,
  rotateAll,
  type RotationPlan,
} from "./rotation.ts";

const PLAN: RotationPlan = { client: undefined, ageMs: 0, overlapMs: 3_600_000 };

Deno.test("every key gets a successor at once; both hold for the overlap, then the old one does not", async () => {
  const clock = { ms: Date.now() };
  await withGuardedGateway(async (rig) => {
    const { gateway, admin, store } = rig;
    const fund = await rig.key("fund", {}, { feed: "kraken" });
    const algo = await rig.key("algo", {}, { feed: "kraken" });
    const revoked = (await admin.addKey("algo", { expiresAtMs: null })).key;
    await admin.revokeKey(revoked.id);
    const ask = async (key: string) => {
      const headers = { authorization: `Bearer ${key}` };
      const response = await fetch(`${gateway.url}/v1/markets`, { headers });
      const { code = "" } = await response.json();
      return `${response.status} ${code}`.trim();
    };
    const planned = plannedRotation(await admin.accounts(), PLAN);
    assert.deepEqual(planned.keys.map(({ client }) => client).sort(), ["algo", "fund"]);
    assert.ok(planned.keys.every(({ key }) => key === ""));
    assert.equal((await admin.accounts()).keys.length, 3, "a plan changes nothing");

    let isOver = false;
    const rotating = rotateAll({ admin, store }, PLAN).finally(() => isOver = true);
    // The gateway's own looks at the store stand still in this rig.
    while (!isOver) await rig.refresh();
    const { keys, gateways, confirmed } = await rotating;
    assert.deepEqual([keys.length, gateways, confirmed], [2, 1, true]);
    for (const key of [fund, algo, ...keys.map((each) => each.key)]) {
      assert.equal(await ask(key), "200");
    }
    clock.ms += PLAN.overlapMs + 60_000;
    for (const key of [fund, algo]) assert.equal(await ask(key), "401 KEY_EXPIRED");
    for (const { key } of keys) assert.equal(await ask(key), "200");
  }, { access: { now: () => clock.ms } });
});

Deno.test("only keys of the client and age that are asked for are rotated, and none a second time", async () => {
  await withGuardedGateway(async ({ key, admin }) => {
    await key("desk");
    await key("algo");
    const of = async (more: Partial<RotationPlan>) =>
      plannedRotation(await admin.accounts(), { ...PLAN, ...more }).keys.map((each) => each.client);
    assert.deepEqual(await of({ client: "desk" }), ["desk"]);
    assert.deepEqual(await of({ ageMs: DAY_MS }), []);
    const [first] = (await admin.accounts()).keys;
    assert.ok(first !== undefined);
    await admin.rotateKey(first.id, { graceMs: PLAN.overlapMs });
    const after = plannedRotation(await admin.accounts(), PLAN).keys.map(({ old }) => old);
    assert.equal(after.length, 2);
    assert.ok(!after.includes(first.id), "its successor, not the key that is ending");
  });
});

Deno.test("an overlap is bounded", () => {
  assert.equal(parseOverlap("7d"), OVERLAP_MS_MAX);
  assert.throws(() => parseOverlap("8d"), /7d at most/);
  assert.equal(parseOverlap("0"), 0);
});
