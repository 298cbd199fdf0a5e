import assert from "node:assert/strict";
import { findCacheDir } from "./cache_dir.ts";

Deno.test("the cache of a user lies where the user says, else where the system's convention says", () => {
  const find = (variables: Record<string, string>) => findCacheDir((name) => variables[name]);
  const home = { HOME: "/home/ada" };
  assert.equal(find({ ...home, XDG_CACHE_HOME: "/x", SSMD_CACHE_DIR: "/c" }), "/c");
  assert.equal(find({ ...home, XDG_CACHE_HOME: "/x" }), "/x/ssmd");
  assert.equal(find(home), "/home/ada/.cache/ssmd");
  assert.equal(find({ HOME: "" }), undefined);
});
