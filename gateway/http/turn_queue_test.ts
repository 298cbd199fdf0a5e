import assert from "node:assert/strict";
import { TurnQueue } from "./turn_queue.ts";

const turn = () => new Promise((resolve) => setImmediate(resolve));

Deno.test("a turn starts no more than its limit, and addresses take turns", async () => {
  const turns = new TurnQueue(3);
  const started: string[] = [];
  for (let i = 1; i <= 100; i++) turns.run("10.0.0.1", () => started.push(`flood ${i}`));
  turns.run("10.0.0.2", () => started.push("honest 1"));
  turns.run("10.0.0.2", () => started.push("honest 2"));
  assert.deepEqual(started, ["flood 1", "flood 2", "flood 3"]);
  await turn();
  assert.deepEqual(started.splice(0), [
    ...["flood 1", "flood 2", "flood 3"],
    ...["flood 4", "honest 1", "flood 5"],
  ]);
  await turn();
  assert.deepEqual(started.splice(0), ["honest 2", "flood 6", "flood 7"]);
  for (let i = 0; i < 31; i++) await turn();
  assert.equal(started.at(-1), "flood 100");
  await turn();
  turns.run("10.0.0.1", () => started.push("at once"));
  assert.equal(started.at(-1), "at once", "nothing waits: no delay");
  await turn();
});

Deno.test("addresses of one IPv6 network count as one", async () => {
  const turns = new TurnQueue(1);
  const started: string[] = [];
  const add = (address: string, name: string) => turns.run(address, () => started.push(name));
  add("2001:db8::1", "first");
  for (let i = 2; i <= 4; i++) add(`2001:db8::${i}`, `flood ${i}`);
  add("2001:db8:1::1", "honest");
  for (let i = 0; i < 3; i++) await turn();
  assert.deepEqual(started, ["first", "flood 2", "honest", "flood 3"]);
  await turn();
});
