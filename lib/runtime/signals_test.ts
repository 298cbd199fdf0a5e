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

Deno.test("signals that come together are one; a later one ends the process", async () => {
  const abort = new AbortController();
  const exits: number[] = [];
  const signal = untilSignal(abort.signal, (code) => exits.push(code));
  const probe = Promise.withResolvers<void>();
  let seen = 0;
  const count = () => {
    if (++seen === 3) probe.resolve();
  };
  Deno.addSignalListener("SIGTERM", count);
  for (let i = 0; i < 3; i++) {
    Deno.kill(Deno.pid, "SIGTERM");
    while (seen <= i) await new Promise((resolve) => setTimeout(resolve));
  }
  await probe.promise;
  assert.equal(await signal, "SIGTERM");
  assert.deepEqual(exits, []);
  while (exits.length === 0) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    Deno.kill(Deno.pid, "SIGTERM");
  }
  assert.equal(exits[0], 130);
  Deno.removeSignalListener("SIGTERM", count);
  abort.abort();
});
