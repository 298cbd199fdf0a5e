import assert from "node:assert/strict";
import fc from "fast-check";
import { silentLogger } from "@ssmd/runtime";
import type { OutMessage, Publisher } from "@ssmd/transport";
import { PublishQueue } from "./publish_queue.ts";
import { OverflowFile } from "./overflow_file.ts";

/** A bus whose window a test opens and shuts. */
class GatedPublisher implements Publisher {
  sent: string[] = [];
  full = false;
  connected = true;
  pending = 0;
  acknowledgedId = "";
  refusal = undefined;
  #waiting: (() => void)[] = [];

  publish(message: OutMessage): void {
    this.sent.push(message.id);
  }
  open(): void {
    this.full = false;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
  ready(): Promise<void> {
    return this.full ? new Promise((resolve) => this.#waiting.push(resolve)) : Promise.resolve();
  }
  flush(): Promise<void> {
    return Promise.resolve();
  }
  close(): Promise<void> {
    return Promise.resolve();
  }
}

function message(number: number, bytes = 10): OutMessage {
  return {
    subject: `test.feed.trade.S${number % 7}`,
    payload: new Uint8Array(bytes).fill(number % 251),
    id: `r-${number}-0`,
  };
}

Deno.test("PublishQueue hands messages straight on while the bus keeps up", async () => {
  const publisher = new GatedPublisher();
  const dir = await Deno.makeTempDir();
  const publishQueue = new PublishQueue({
    publisher,
    spillPath: `${dir}/spill`,
    logger: silentLogger,
  });
  for (let i = 0; i < 10; i++) publishQueue.push(message(i));
  assert.equal(publisher.sent.length, 10);
  assert.equal(publishQueue.waiting, 0);
  publishQueue.close();
  await Deno.remove(dir, { recursive: true });
});

Deno.test("PublishQueue loses nothing and keeps the order when a bus is away and messages go to disk", async () => {
  const publisher = new GatedPublisher();
  const dir = await Deno.makeTempDir();
  const publishQueue = new PublishQueue({
    publisher,
    spillPath: `${dir}/spill`,
    messagesMax: 100,
    logger: silentLogger,
  });
  publisher.full = true;
  for (let i = 0; i < 5000; i++) publishQueue.push(message(i, 200));
  assert.equal(publisher.sent.length, 0);
  assert.equal(publishQueue.spilled, 4900);
  publisher.open();
  for (let i = 5000; i < 5050; i++) publishQueue.push(message(i, 200));
  await publishQueue.flush();
  assert.equal(publishQueue.waiting, 0);
  assert.deepEqual(publisher.sent, Array.from({ length: 5050 }, (_, i) => `r-${i}-0`));
  publishQueue.close();
  await Deno.remove(dir, { recursive: true });
});

Deno.test("PublishQueue that is closed while it waits for the bus gives nothing more: it stays in the spool", async () => {
  const publisher = new GatedPublisher();
  const dir = await Deno.makeTempDir();
  const publishQueue = new PublishQueue({
    publisher,
    spillPath: `${dir}/spill`,
    logger: silentLogger,
  });
  publisher.full = true;
  for (let i = 0; i < 100; i++) publishQueue.push(message(i));
  publishQueue.close();
  publisher.open();
  await publishQueue.flush();
  assert.equal(publisher.sent.length, 0);
  await Deno.remove(dir, { recursive: true });
});

Deno.test("OverflowFile gives back what was put in, in order, for any mix of puts and takes", async () => {
  const dir = await Deno.makeTempDir();
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ bytes: fc.nat(400_000), take: fc.boolean() }), { maxLength: 20 }),
      (steps) => {
        const spill = new OverflowFile(`${dir}/spill`);
        const put: OutMessage[] = [];
        const taken: OutMessage[] = [];
        for (const [number, { bytes, take }] of steps.entries()) {
          put.push(message(number, bytes));
          spill.push(put.at(-1) as OutMessage);
          if (take) taken.push(...spill.take());
        }
        while (spill.length > 0) taken.push(...spill.take());
        spill.close();
        assert.deepEqual(taken.map(({ id }) => id), put.map(({ id }) => id));
        for (const [index, each] of taken.entries()) {
          assert.equal(each.subject, put[index]?.subject);
          assert.deepEqual(each.payload, put[index]?.payload);
        }
        return Promise.resolve();
      },
    ),
    { numRuns: 30 },
  );
  await Deno.remove(dir, { recursive: true });
});
