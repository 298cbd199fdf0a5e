import assert from "node:assert/strict";
import { SendPacer, type SendRate } from "./send_pacer.ts";

/** A pacer on a clock that a test moves. */
class PacedRun {
  readonly sent: string[] = [];
  full = 0;
  readonly pacer: SendPacer;
  #nowMs = 1000;
  #due: { atMs: number; run: () => void } | undefined;

  constructor(rate: SendRate | undefined) {
    this.pacer = new SendPacer({
      rate,
      send: (frame) => this.sent.push(`${this.#nowMs - 1000} ${frame}`),
      onFull: () => this.full++,
      nowMs: () => this.#nowMs,
      later: (run, ms) => {
        this.#due = { atMs: this.#nowMs + ms, run };
        return () => this.#due = undefined;
      },
    });
  }

  /** Moves the clock to the next due time; false = nothing waits. */
  next(): boolean {
    const due = this.#due;
    if (due === undefined) return false;
    this.#due = undefined;
    this.#nowMs = due.atMs;
    due.run();
    return true;
  }
}

Deno.test("frames go in order, no more in any span of time than the venue takes", () => {
  const run = new PacedRun({ requests: 2, perMs: 1000 });
  for (const frame of "abcde") run.pacer.push(frame);
  while (run.next());
  assert.deepEqual(run.sent, ["0 a", "0 b", "1000 c", "1000 d", "2000 e"]);
});

Deno.test("without a rate frames go at once", () => {
  const run = new PacedRun(undefined);
  for (const frame of "abc") run.pacer.push(frame);
  assert.deepEqual(run.sent, ["0 a", "0 b", "0 c"]);
});

Deno.test("what waits for a broken connection is forgotten, what was sent still counts", () => {
  const run = new PacedRun({ requests: 1, perMs: 1000 });
  for (const frame of "ab") run.pacer.push(frame);
  run.pacer.clear();
  assert.equal(run.next(), false);
  run.pacer.push("c");
  run.next();
  assert.deepEqual(run.sent, ["0 a", "1000 c"]);
});

Deno.test("a connection that asks for too much is told to end", () => {
  const run = new PacedRun({ requests: 1, perMs: 1000 });
  for (let i = 0; i <= 10_001; i++) run.pacer.push("x");
  assert.equal(run.full, 1);
  assert.equal(run.sent.length, 1);
});
