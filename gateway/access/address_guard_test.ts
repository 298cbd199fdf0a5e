import assert from "node:assert/strict";
import { AddressGuard, groupOf } from "./address_guard.ts";
import { GUARD_LIMITS } from "./limits.ts";

const HERE = "192.0.2.1";

function guardAt(startMs: number) {
  const clock = { ms: startMs };
  return { clock, guard: new AddressGuard(() => clock.ms) };
}

function block(guard: AddressGuard, address = HERE): number[] {
  return Array.from({ length: GUARD_LIMITS.badKeysMax }, () => guard.addBadKey(address).waitMs);
}

Deno.test("bad keys are answered at once, then ever more slowly, then not at all for a while", () => {
  const { guard, clock } = guardAt(1000);
  const waits = block(guard);
  assert.deepEqual(waits.slice(0, 9), [0, 0, 0, 250, 500, 1000, 2000, 4000, 4000]);
  const denied = guard.checkBlocked(HERE);
  assert.deepEqual([denied?.status, denied?.code], [429, "ADDRESS_BLOCKED"]);
  assert.equal(denied?.retryAfterS, GUARD_LIMITS.blockedMs / 1000);
  assert.deepEqual(denied?.headers, { "retry-after": "900" });
  clock.ms += GUARD_LIMITS.blockedMs - 1;
  assert.ok(guard.checkBlocked(HERE));
  clock.ms += 1;
  assert.equal(guard.checkBlocked(HERE), undefined);
  assert.equal(guard.addBadKey(HERE).waitMs, 0);
});

Deno.test("an address that was quiet starts anew", () => {
  const { guard, clock } = guardAt(1000);
  for (let i = 0; i < GUARD_LIMITS.badKeysMax - 1; i++) guard.addBadKey(HERE);
  clock.ms += GUARD_LIMITS.forgetMs + 1;
  assert.deepEqual(guard.addBadKey(HERE), { waitMs: 0, blocked: false });
});

Deno.test("another address is not made to pay, but the same network of IPv6 is", () => {
  const { guard } = guardAt(1000);
  block(guard);
  block(guard, "2001:db8:0:1::5");
  assert.equal(guard.checkBlocked("192.0.2.2"), undefined);
  assert.ok(guard.checkBlocked("::ffff:192.0.2.1"));
  assert.ok(guard.checkBlocked("2001:DB8::1:ffff:ffff:ffff:ffff"));
  assert.equal(guard.checkBlocked("2001:db8:0:2::5"), undefined);
});

Deno.test("what is remembered stays bounded under an attack from everywhere", () => {
  const { guard, clock } = guardAt(1000);
  block(guard, "10.0.0.0");
  for (let i = 0; i < GUARD_LIMITS.addressesMax * 2; i++) guard.addBadKey(`addr-${i}`);
  assert.equal(guard.size, GUARD_LIMITS.addressesMax);
  clock.ms += GUARD_LIMITS.blockedMs + GUARD_LIMITS.forgetMs;
  guard.addBadKey(HERE);
  assert.equal(guard.size, 1);
});

Deno.test("addresses are grouped by what one customer is given", () => {
  const groups: Record<string, string> = {
    "127.0.0.1": "127.0.0.1",
    "::ffff:10.1.2.3": "10.1.2.3",
    "::1": "0:0:0:0::/64",
    "fe80::1%eth0": "fe80:0:0:0::/64",
    "2001:0db8:00a0:1:2:3:4:5": "2001:db8:a0:1::/64",
    "2001:db8:a0:1::": "2001:db8:a0:1::/64",
    "2001:db8::": "2001:db8:0:0::/64",
  };
  for (const [address, group] of Object.entries(groups)) assert.equal(groupOf(address), group);
});
