import assert from "node:assert/strict";
import type { TransformOutput } from "@ssmd/market";
import { TransformQueue } from "./transform_queue.ts";

/** As many as wait at most. */
const FULL = 10_000;

Deno.test("what a slow transform loses is reported where it is missing, before any later answer", async () => {
  const reported: (number | string)[] = [];
  let letGo = () => {};
  const held = new Promise<void>((resolve) => letGo = resolve);
  const run = async (texts: readonly string[]): Promise<TransformOutput[]> => {
    await held;
    return texts.map(() => ({ text: "" }));
  };
  const rooms = Promise.withResolvers<void>();
  const queue = new TransformQueue<number>({ name: "slow", run, close: () => {} }, {
    onTransformed: (_, meta) => reported.push(meta),
    onTransformDropped: (drops) => reported.push(`dropped ${drops.count}`),
    onTransformRoom: () => {
      assert.ok(queue.fits);
      if (!reported.includes("room")) queue.add("{}", -1);
      reported.push("room");
      rooms.resolve();
    },
    onTransformEnded: () => {},
  });
  for (let i = 1; i <= FULL; i++) queue.add("{}", i);
  assert.equal(queue.fits, false);
  for (let i = 0; i < 3; i++) queue.drop(0, undefined);
  queue.sendInTurn(() => reported.push("pong"));
  for (let i = 0; i < 2; i++) queue.drop(0, undefined);
  letGo();
  await rooms.promise;
  while (reported.at(-1) !== -1) await new Promise((resolve) => setTimeout(resolve, 1));
  const records = reported.filter((each) => each !== "room");
  assert.deepEqual(records.slice(0, FULL), Array.from({ length: FULL }, (_, i) => i + 1));
  assert.deepEqual(records.slice(FULL), ["dropped 3", "pong", "dropped 2", -1]);
  assert.ok(reported.indexOf("room") < reported.indexOf("pong"));
});
