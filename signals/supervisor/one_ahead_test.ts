import assert from "node:assert/strict";
import { OneAhead } from "./one_ahead.ts";

/** An evaluation that the test ends by hand. */
interface Begun {
  batch: string;
  take: () => void;
  end: () => void;
  fail: (error: Error) => void;
}

function begunBatches() {
  const begun: Begun[] = [];
  const ahead = new OneAhead<string>((batch, take) => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    begun.push({ batch, take, end: resolve, fail: reject });
    return promise;
  });
  return { begun, ahead };
}

Deno.test("the caller goes on when a batch is taken, and the next begins when it has ended", async () => {
  const { begun, ahead } = begunBatches();
  const first = ahead.send("first");
  await Promise.resolve();
  begun[0]?.take();
  await first;
  const second = ahead.send("second");
  await Promise.resolve();
  assert.deepEqual(begun.map(({ batch }) => batch), ["first"]);
  begun[0]?.end();
  while (begun.length < 2) await Promise.resolve();
  begun[1]?.end();
  // A batch that has ended was taken.
  await second;
  await ahead.idle();
});

Deno.test("a batch that fails is told to the next caller", async () => {
  const { begun, ahead } = begunBatches();
  const sent = ahead.send("first");
  await Promise.resolve();
  begun[0]?.fail(new Error("lost"));
  await sent;
  await assert.rejects(ahead.idle(), /lost/);
  await assert.rejects(ahead.send("second"), /lost/);
  assert.equal(begun.length, 1);
});
