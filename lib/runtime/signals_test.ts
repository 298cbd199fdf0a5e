import assert from "node:assert/strict";
import { untilSignal } from "./signals.ts";

/**
 * Sends SIGTERM to this process and waits until it was delivered. A signal that is on its way when the
 * last listener goes ends the process, and with it all tests.
 */
class OwnSignals implements Disposable {
  readonly #count = () => void this.#delivered++;
  #delivered = 0;

  constructor() {
    Deno.addSignalListener("SIGTERM", this.#count);
  }

  async send(): Promise<void> {
    const before = this.#delivered;
    Deno.kill(Deno.pid, "SIGTERM");
    while (this.#delivered === before) await new Promise((resolve) => setTimeout(resolve));
  }

  [Symbol.dispose](): void {
    Deno.removeSignalListener("SIGTERM", this.#count);
  }
}

Deno.test("untilSignal() resolves with the signal that came", async () => {
  using signals = new OwnSignals();
  const abort = new AbortController();
  const signal = untilSignal(abort.signal);
  await signals.send();
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
  using signals = new OwnSignals();
  const abort = new AbortController();
  const exits: number[] = [];
  const signal = untilSignal(abort.signal, (code) => exits.push(code));
  for (let i = 0; i < 3; i++) await signals.send();
  assert.equal(await signal, "SIGTERM");
  assert.deepEqual(exits, []);
  while (exits.length === 0) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    await signals.send();
  }
  assert.equal(exits[0], 130);
  abort.abort();
});
