import assert from "node:assert/strict";
import process from "node:process";
import { withoutVariables } from "./without_variables.ts";

Deno.test("no variables are seen meanwhile, and all of them after the last of several", async () => {
  const before = process.env["PATH"];
  const first = Promise.withResolvers<void>();
  const second = Promise.withResolvers<void>();
  const one = withoutVariables(() => first.promise);
  const two = withoutVariables(async () => {
    await second.promise;
    return Object.keys(process.env);
  });
  first.resolve();
  await one;
  assert.deepEqual(Object.keys(process.env), []);
  second.resolve();
  assert.deepEqual(await two, []);
  assert.equal(process.env["PATH"], before);
  await assert.rejects(withoutVariables(() => Promise.reject(new RangeError("refused"))));
  assert.equal(process.env["PATH"], before);
});
