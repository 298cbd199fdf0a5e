import assert from "node:assert/strict";
import type { InMessage, StreamState } from "@ssmd/transport";
import { StreamWatch } from "./stream_watch.ts";

const message = (streamSequence: number) => ({ streamSequence }) as InMessage;

/** A watch of a stream in this state, whose archive ends at message 50; what it tells is missing. */
async function watching(firstSequence: number) {
  const state = { createdAtUs: 7, firstSequence, lastSequence: 300 } as StreamState;
  const missing: (number | null)[] = [];
  const watch = new StreamWatch({
    state: () => Promise.resolve(state),
    renew: () => Promise.resolve(),
    mark: () => 0,
    onGap: ({ missed }) => missing.push(missed),
    onAway: (error) => assert.fail(String(error)),
  });
  await watch.begin({ createdAtUs: 7, sequence: 50 }, () => Promise.resolve(0));
  return { watch, missing, state };
}

Deno.test("what left the bus while the archiver was away is told once, although the first message jumps", async () => {
  const { watch, missing } = await watching(212);
  for (const sequence of [212, 213, 214]) watch.see(message(sequence));
  await watch.close();
  assert.deepEqual(missing, [161]);
});

Deno.test("what leaves the bus between the start and the first message is told besides", async () => {
  const { watch, missing, state } = await watching(212);
  state.firstSequence = 220;
  watch.see(message(220));
  await watch.close();
  assert.deepEqual(missing, [161, 8]);
});

Deno.test("messages of others between are no hole", async () => {
  const { watch, missing } = await watching(1);
  watch.see(message(60));
  await watch.close();
  assert.deepEqual(missing, []);
});
