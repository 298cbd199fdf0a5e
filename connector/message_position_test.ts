import assert from "node:assert/strict";
import { MessagePosition } from "./message_position.ts";

const RUN = "mk2x81a0";

Deno.test("a position gives the id of its message, and none before the first", () => {
  const position = new MessagePosition();
  assert.equal(position.idOf(RUN), "");
  position.set(12_345, 2);
  assert.equal(position.idOf(RUN), `${RUN}-12345-2`);
  position.set(12_346, 0);
  assert.equal(position.idOf(RUN), `${RUN}-12346-0`);
});

Deno.test("a position that was taken is none until the next message", () => {
  const position = new MessagePosition();
  position.set(7, 1);
  assert.equal(position.take(RUN), `${RUN}-7-1`);
  assert.equal(position.take(RUN), "");
  position.set(8, 0);
  assert.equal(position.take(RUN), `${RUN}-8-0`);
});

Deno.test("a position takes over the one of an id, as of a replay's last message", () => {
  const position = new MessagePosition();
  position.setId(`${RUN}-1234567-3`);
  assert.equal(position.idOf(RUN), `${RUN}-1234567-3`);
});
