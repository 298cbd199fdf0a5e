import assert from "node:assert/strict";
import type { InMessage } from "@ssmd/transport";
import { StreamSubscriber } from "./stream_subscriber.ts";

function messageAt(streamSequence: number): InMessage {
  const subject = "test.kalshi.trade.A";
  return { subject, streamSequence, id: "", payload: new Uint8Array(8) };
}

function subscriberOfAll() {
  const subscriber = new StreamSubscriber({
    onFull: () => {},
    onUnreadable: (_message, error) => assert.fail(String(error)),
  });
  const take = async () => {
    subscriber.wake();
    return (await subscriber.next(Infinity)).map(({ sequence }) => sequence);
  };
  return { subscriber, take };
}

Deno.test("what was given another way is passed over, whether it waits or is still to come", async () => {
  const { subscriber, take } = subscriberOfAll();
  for (const sequence of [1, 5, 6, 20]) subscriber.push(messageAt(sequence));
  subscriber.skipTo(10);
  assert.deepEqual(await take(), [20]);
  subscriber.skipTo(30);
  for (const sequence of [25, 30, 31, 32]) subscriber.push(messageAt(sequence));
  assert.deepEqual(await take(), [31, 32]);
});

Deno.test("a stream that was made anew counts from 1: what of it came another way is passed over", async () => {
  const { subscriber, take } = subscriberOfAll();
  for (const sequence of [500, 501]) subscriber.push(messageAt(sequence));
  assert.deepEqual(await take(), [500, 501]);
  subscriber.restart();
  subscriber.skipTo(3);
  for (const sequence of [1, 2, 3, 4, 5]) subscriber.push(messageAt(sequence));
  assert.deepEqual(await take(), [4, 5]);
});
