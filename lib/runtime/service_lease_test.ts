import assert from "node:assert/strict";
import { SharedValue } from "./testing/shared_value.ts";
import { SsmdError } from "./errors.ts";
import type { LeaseCell } from "./lease.ts";
import { silentLogger } from "./log.ts";
import { ServiceLease } from "./service_lease.ts";

function leaseOf(cell: LeaseCell | undefined): ServiceLease {
  return new ServiceLease({
    ...{ cell, service: "agents", logger: silentLogger },
    superseded: (holder) => new SsmdError("AGENTS_SUPERSEDED", holder, { hint: "" }),
  });
}

Deno.test("one of two runs, the other says who does, and runs when that one ends", async () => {
  const shared = new SharedValue();
  const [one, two] = [leaseOf(shared.cell()), leaseOf(shared.cell())];
  const never = new AbortController().signal;
  assert.ok(await one.acquire(never));
  assert.equal(await two.tryAcquire(), false);
  assert.match(two.heldBy, /^agents, process \d+ on /);
  const waiting = two.acquire(never);
  await one.release();
  assert.ok(await waiting);
  assert.equal(two.heldBy, "");
  await two.release();
});

Deno.test("one that is ended while it stands by does not run, and a process alone always does", async () => {
  const shared = new SharedValue();
  const [one, two] = [leaseOf(shared.cell()), leaseOf(shared.cell())];
  assert.ok(await one.tryAcquire());
  const ended = new AbortController();
  const waiting = two.acquire(ended.signal);
  ended.abort();
  assert.equal(await waiting, false);
  await one.release();
  const alone = leaseOf(undefined);
  assert.ok(await alone.tryAcquire());
  await alone.release();
});
