import assert from "node:assert/strict";
import { followClock, gatewayNowMs } from "./clock.ts";

Deno.test("times are the gateway's where the browser's clock is off, else the browser's", () => {
  const sentMs = Date.now();
  const receivedMs = sentMs + 100;
  const hour = 3_600_000;
  assert.equal(followClock(sentMs + 50 - hour, { sentMs, receivedMs }), hour);
  assert.ok(Math.abs(gatewayNowMs() - (Date.now() - hour)) < 1000);
  // A slow answer proves no difference of clocks.
  assert.equal(followClock(sentMs, { sentMs, receivedMs: sentMs + 10_000 }), 0);
  assert.ok(Math.abs(gatewayNowMs() - Date.now()) < 1000);
});
