import assert from "node:assert/strict";
import { connectionOfName, nameOfRun, runOfName } from "./mod.ts";

Deno.test("a run's number and name are the same thing", () => {
  const startUs = 1_764_357_896_123_456;
  const name = startUs.toString(36);
  assert.equal(runOfName(name), startUs);
  assert.equal(nameOfRun(startUs), name);
});

Deno.test("a name that no run of ours has is no run, and no run has no name", () => {
  const odd = ["", "0", "01", "Run", "a b", "zzzzzzzzzzz", "aaaaaaaaaaaaaaaaaaaaaaaa", "-1"];
  assert.deepEqual(odd.map(runOfName), odd.map(() => 0));
  assert.equal(nameOfRun(0), "");
});

Deno.test("a connection's number is the end of its name", () => {
  assert.equal(connectionOfName("mi5k3x9p2a-12"), 12);
  const odd = ["", "12", "mi5k3x9p2a-", "mi5k3x9p2a-0", "mi5k3x9p2a-70000", "a-1-2"];
  assert.deepEqual(odd.map(connectionOfName), odd.map(() => 0));
});
