import assert from "node:assert/strict";
import { noHole } from "../../tests/contract/received.ts";
import { messagesOf } from "../../tests/contract/bus_messages.ts";
import { transportContract } from "../../tests/contract/transport.ts";
import { memoryTransport } from "./memory.ts";

transportContract("memory", () => {
  const transport = memoryTransport();
  return Promise.resolve({ transport, env: "test", remove: () => transport.close() });
});

Deno.test("memory publisher is full while a consumer lags, until it has caught up", async () => {
  const transport = memoryTransport({ backlogMax: 10 });
  const publisher = transport.publisher();
  const consumer = await transport.consume({
    name: "archiver-main",
    filters: ["test.>"],
    onMessage: () => {},
    onHole: noHole,
  });
  consumer.pause();
  for (const message of messagesOf("test.a", 1, 10)) publisher.publish(message);
  assert.equal(publisher.full, false);
  await publisher.ready();
  for (const message of messagesOf("test.a", 11, 5000)) publisher.publish(message);
  assert.equal(publisher.full, true);
  let ready = false;
  const waiting = publisher.ready().then(() => ready = true);
  await Promise.resolve();
  assert.equal(ready, false);
  consumer.resume();
  await waiting;
  assert.equal(publisher.full, false);
  await transport.close();
});

Deno.test("memory transport releases waiting publishers when it is closed", async () => {
  const transport = memoryTransport({ backlogMax: 1 });
  const publisher = transport.publisher();
  await (await transport.consume({
    name: "a",
    filters: [">"],
    onMessage: () => {},
    onHole: noHole,
  })).close();
  for (const message of messagesOf("test.a", 1, 3)) publisher.publish(message);
  assert.equal(publisher.full, true);
  const waiting = publisher.ready();
  await transport.close();
  await waiting;
  assert.equal(publisher.connected, false);
  assert.throws(() => publisher.publish({ subject: "a", payload: new Uint8Array(), id: "" }), {
    code: "TRANSPORT_CLOSED",
  });
});
