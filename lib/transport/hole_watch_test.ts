import assert from "node:assert/strict";
import { silentLogger } from "@ssmd/runtime";
import { PausableHandler } from "./handler.ts";
import { HoleWatch } from "./hole_watch.ts";

const STREAM = { createdAtUs: 1, firstSequence: 1, lastSequence: 1_000_000, firstAtUs: 0 };
/** Jumps of which each is looked at without a pause. */
const RARE = 15;

/** Lets all run that no timer and no socket holds up. */
async function settle(): Promise<void> {
  for (let i = 0; i < 50; i++) await Promise.resolve();
}

Deno.test("behind rare jumps messages come at once, and of many jumps the bus is asked a few times", async () => {
  const given: number[] = [];
  let asked = 0;
  const handler = new PausableHandler(
    ({ streamSequence }) => given.push(streamSequence),
    () => {},
    silentLogger,
  );
  const watch = new HoleWatch({
    ...{ handler, onHole: () => {}, onReleased: () => {}, logger: silentLogger, now: () => 0 },
    state: () => {
      asked++;
      return Promise.resolve(STREAM);
    },
  });
  await watch.begin(STREAM, 0, undefined);
  await settle();
  const sent: number[] = [];
  const jump = () => {
    sent.push(10 * sent.length + 2);
    watch.take({
      subject: "",
      payload: new Uint8Array(),
      id: "",
      streamSequence: sent.at(-1) ?? 0,
    });
  };
  for (let i = 0; i < RARE; i++) {
    jump();
    await settle();
    assert.deepEqual(given, sent);
  }
  for (let i = 0; i < 1000; i++) {
    jump();
    await settle();
  }
  while (given.length < sent.length) await new Promise((done) => setTimeout(done, 1));
  assert.deepEqual(given, sent);
  assert.ok(asked < 100, `asked ${asked} times`);
  watch.close();
});
