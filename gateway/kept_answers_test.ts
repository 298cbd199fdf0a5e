import assert from "node:assert/strict";
import { KeptAnswers } from "./kept_answers.ts";

Deno.test("an answer is asked for once while it is kept, again when it failed, and the oldest leaves", async () => {
  const answers = new KeptAnswers<string>(2);
  const asked: string[] = [];
  const of = (key: string, keptMs = Infinity) =>
    answers.of(key, keptMs, () => {
      asked.push(key);
      return Promise.resolve(key);
    });
  assert.deepEqual([await of("a"), await of("a"), await of("b")], ["a", "a", "b"]);
  assert.deepEqual(asked, ["a", "b"]);
  await of("c");
  await of("a");
  assert.deepEqual(asked, ["a", "b", "c", "a"]);
  await of("short", 0);
  await of("short");
  assert.deepEqual(asked.slice(4), ["short", "short"]);
  const fails = () => answers.of("bad", Infinity, () => Promise.reject(new RangeError("away")));
  await assert.rejects(fails(), { message: "away" });
  assert.equal(await of("bad"), "bad");
});
