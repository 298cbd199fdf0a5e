import assert from "node:assert/strict";
import type { InMessage } from "@ssmd/transport";
import { StreamSubscriber } from "./stream_subscriber.ts";

function messageAt(streamSequence: number, subject = "test.kalshi.trade.A"): InMessage {
  return { subject, streamSequence, id: "", payload: new Uint8Array(8) };
}

/** A subscriber, and the jumps that wait for their answers. */
function subscriberWithJumps() {
  const asked: { expected: number; answer: () => void }[] = [];
  const subscriber = new StreamSubscriber({
    onFull: () => {},
    onUnreadable: (_message, error) => assert.fail(String(error)),
    onJump: (expected) => new Promise((answer) => asked.push({ expected, answer })),
  });
  const take = async () => {
    subscriber.wake();
    return (await subscriber.next(Infinity)).map(({ sequence }) => sequence);
  };
  const untilAsked = async (count: number) => {
    while (asked.length < count) await new Promise((resolve) => setTimeout(resolve, 1));
    return asked[count - 1];
  };
  return { subscriber, asked, take, untilAsked };
}

Deno.test("what comes behind a place that did not come waits until it is known why", async () => {
  const { subscriber, asked, take, untilAsked } = subscriberWithJumps();
  for (const sequence of [1, 2, 5, 6, 9]) subscriber.push(messageAt(sequence));
  assert.deepEqual(await take(), [1, 2]);
  assert.deepEqual(asked.map(({ expected }) => expected), [3]);
  // One that comes after the question was asked is not answered by it.
  const first = subscriber.next(Infinity);
  asked[0]?.answer();
  assert.deepEqual((await first).map(({ sequence }) => sequence), [5, 6]);
  (await untilAsked(2))?.answer();
  assert.equal(asked[1]?.expected, 7);
  const rest = await subscriber.next(Infinity);
  assert.deepEqual(rest.map(({ sequence }) => sequence), [9]);
  subscriber.push(messageAt(10));
  assert.deepEqual(await take(), [10]);
});

Deno.test("what was given another way is no jump any more, and what lies behind it is one still", async () => {
  const { subscriber, take, untilAsked } = subscriberWithJumps();
  for (const sequence of [1, 5, 6, 20]) subscriber.push(messageAt(sequence));
  assert.deepEqual(await take(), [1]);
  subscriber.skipTo(10);
  assert.deepEqual(await take(), []);
  (await untilAsked(1))?.answer();
  const again = await untilAsked(2);
  assert.equal(again?.expected, 11);
  again.answer();
  assert.deepEqual((await subscriber.next(Infinity)).map(({ sequence }) => sequence), [20]);
});

Deno.test("a place of which nothing is for signals makes the next item wait", async () => {
  const { subscriber, asked, take } = subscriberWithJumps();
  subscriber.push(messageAt(1));
  subscriber.push(messageAt(4, "test.signal.spread"));
  assert.deepEqual(await take(), [1]);
  assert.equal(asked.length, 0);
  subscriber.push(messageAt(5));
  assert.deepEqual(await take(), []);
  assert.equal(asked[0]?.expected, 2);
  subscriber.end();
  assert.ok(subscriber.isOver, "the next life begins behind the first");
});
