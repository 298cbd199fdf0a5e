import { Metrics } from "@ssmd/runtime";
import assert from "node:assert/strict";
import { join } from "node:path";
import type { Environment, KeySpec } from "./environment.ts";
import { exportKeyAges, keyAges, loadRotations, rotationPath, rotationsText } from "./key_age.ts";

const DAY_MS = 86_400_000;
const ROTATED = "2026-01-01T12:00:00.000Z";
const SPEC: KeySpec = { type: "api_key", fields: ["token"], required: true, source: "env" };

function environmentWith(keys: Record<string, KeySpec>): Environment {
  return { name: "test", keys } as Environment;
}

const LIMITED = environmentWith({ kalshi: { ...SPEC, rotation_days: 90 } });

Deno.test("a key is ok, then expiring, then expired to the millisecond", () => {
  const end = Date.parse(ROTATED) + 90 * DAY_MS;
  const at = (nowMs: number) => keyAges(LIMITED, { kalshi: ROTATED }, { nowMs })[0];
  assert.equal(at(end - 15 * DAY_MS)?.state, "ok");
  assert.equal(at(end - 14 * DAY_MS)?.state, "expiring");
  assert.equal(at(end - 1)?.state, "expiring");
  assert.equal(at(end - 1)?.expiresInDays, 0);
  assert.equal(at(end)?.state, "expired");
  assert.equal(at(end + DAY_MS + 1)?.expiresInDays, -2);
  assert.equal(at(end)?.ageDays, 90);
  assert.equal(at(end)?.expiresAt, "2026-04-01T12:00:00.000Z");
});

Deno.test("without a recorded rotation the age is unknown, without a limit there is no end", () => {
  const environment = environmentWith({ a: { ...SPEC, rotation_days: 1 }, b: SPEC });
  const states = (rotations: Record<string, string>) =>
    keyAges(environment, rotations, { nowMs: Date.now() }).map(({ state }) => state);
  assert.deepEqual(states({}), ["unknown", "unlimited"]);
  assert.deepEqual(states({ a: ROTATED, b: ROTATED }), ["expired", "unlimited"]);
});

Deno.test("rotations are read as they were written, and no file means none", async () => {
  const dir = await Deno.makeTempDir();
  const path = rotationPath(dir, "test");
  await Deno.mkdir(join(path, ".."));
  assert.deepEqual(await loadRotations(dir, "test"), {});
  for (const rotations of [{}, { b: ROTATED, a: "2026-02-01T00:00:00.000Z" }]) {
    await Deno.writeTextFile(path, rotationsText(rotations));
    assert.deepEqual(await loadRotations(dir, "test"), rotations);
  }
  for (const text of ["[1]", "kalshi: yesterday", "kalshi: { rotated_at: soon }", "a: {"]) {
    await Deno.writeTextFile(path, text);
    await assert.rejects(loadRotations(dir, "test"), { code: "KEY_ROTATION_INVALID" }, text);
  }
  await Deno.remove(dir, { recursive: true });
});

Deno.test("days until expiry are scraped, for keys that have an end", () => {
  const { registry } = new Metrics("test");
  const rotatedAt = new Date(Date.now() - 100 * DAY_MS).toISOString();
  const environment = environmentWith({ kalshi: { ...SPEC, rotation_days: 90 }, other: SPEC });
  exportKeyAges(registry, { environment, rotations: { kalshi: rotatedAt } });
  const lines = registry.text().split("\n").filter((line) => line.startsWith("ssmd_key"));
  assert.equal(lines.length, 1);
  assert.match(lines[0] ?? "", /^ssmd_key_expires_in_days\{key="kalshi"\} -10(\.0\d*)?$/);
});
