import assert from "node:assert/strict";
import { SharedValue } from "./testing/shared_value.ts";
import { CellLease } from "./lease.ts";
import { sleep } from "./retry.ts";

Deno.test("a second one learns who holds the lease, and gets it with a higher token when it is free", async () => {
  const shared = new SharedValue();
  const one = new CellLease({ cell: shared.cell(), holder: "one" });
  const two = new CellLease({ cell: shared.cell(), holder: "two" });
  assert.equal(await one.tryAcquire(), undefined);
  assert.equal(await two.tryAcquire(), "one");
  await one.release();
  assert.equal(await two.tryAcquire(), undefined);
  assert.deepEqual([one.token, two.token], [1, 2]);
  await two.release();
});

Deno.test("a holder that shows no life is followed by another, and learns it when it comes back", async () => {
  const shared = new SharedValue();
  let nowMs = 0;
  const lost = Promise.withResolvers<string>();
  const options = { ttlMs: 40, nowMs: () => nowMs };
  const one = new CellLease({
    ...{ ...options, holder: "one", onLost: lost.resolve, cell: shared.cell() },
  });
  const two = new CellLease({ ...options, holder: "two", cell: shared.cell() });
  await one.tryAcquire();
  const taken = shared.value;
  assert.equal(await two.tryAcquire(), "one");
  // The holder's renewals do not get through.
  shared.value = taken;
  nowMs += 39;
  const again = await two.tryAcquire();
  assert.equal(again, "one");
  nowMs += 41;
  while (await two.tryAcquire() !== undefined) nowMs += 41;
  assert.equal(await lost.promise, "two");
  assert.equal(one.held, false);
  await one.release();
  assert.equal(two.held, true);
  await two.release();
});

Deno.test("a holder goes on when the store of its lease was wiped", async () => {
  const shared = new SharedValue();
  const lost: string[] = [];
  const one = new CellLease({
    ...{ cell: shared.cell(), holder: "one", ttlMs: 20, onLost: (who) => lost.push(who) },
  });
  await one.tryAcquire();
  shared.value = undefined;
  while (shared.value === undefined) await sleep(5);
  assert.equal(one.held, true);
  assert.deepEqual(lost, []);
  await one.release();
});

Deno.test("a dead holder of the same place is followed at once", async () => {
  const shared = new SharedValue();
  const one = new CellLease({ cell: shared.cell(), holder: "one", scope: "host:/data" });
  const two = new CellLease({ cell: shared.cell(), holder: "two", scope: "host:/data" });
  await one.tryAcquire();
  assert.equal(await two.tryAcquire(), undefined);
  await one.release();
  await two.release();
});
