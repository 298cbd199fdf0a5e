import assert from "node:assert/strict";
import { childEnvironment } from "./child_environment.ts";

Deno.test("a child gets what it needs to run, and no key", () => {
  Deno.env.set("SSMD_KEY_TEST_SECRET", "never to be handed on");
  try {
    const environment = childEnvironment();
    assert.equal(environment["PATH"], Deno.env.get("PATH"));
    assert.deepEqual(Object.keys(environment).filter((name) => name.startsWith("SSMD_KEY")), []);
  } finally {
    Deno.env.delete("SSMD_KEY_TEST_SECRET");
  }
});
