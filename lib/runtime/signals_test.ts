import assert from "node:assert/strict";
import { untilSignal } from "./signals.ts";

Deno.test("untilSignal() resolves with the signal that came", async () => {
  const abort = new AbortController();
  const signal = untilSignal(abort.signal);
  Deno.kill(Deno.pid, "SIGTERM");
  assert.equal(await signal, "SIGTERM");
  abort.abort();
});

Deno.test("untilSignal() gives up when it is told to", async () => {
  const abort = new AbortController();
  const signal = untilSignal(abort.signal);
  abort.abort();
  assert.equal(await signal, undefined);
});
