import assert from "node:assert/strict";
import { LIBRARY_DIR } from "./signal_catalog.ts";
import { signalFolders } from "./signal_folders.ts";

Deno.test("a project's signals lie beside its registry, before those that come with ssmd", () => {
  assert.deepEqual(signalFolders("/home/ada/markets/exchanges"), {
    own: "/home/ada/markets/signals",
    all: ["/home/ada/markets/signals", LIBRARY_DIR],
  });
  const before = Deno.cwd();
  // Of a folder that is not this repository.
  Deno.chdir("/");
  try {
    assert.equal(signalFolders("exchanges").own, "./signals");
    assert.equal(signalFolders("../exchanges/").own, "../signals");
    assert.equal(signalFolders(undefined).own, "./signals");
  } finally {
    Deno.chdir(before);
  }
});

Deno.test("in the repository the room of signals is no folder of signals", () => {
  const registry = new URL("../../exchanges", import.meta.url).pathname;
  const { own, all } = signalFolders(registry);
  assert.deepEqual(all, [LIBRARY_DIR]);
  // What is made there is found again.
  assert.equal(Deno.realPathSync(own), Deno.realPathSync(LIBRARY_DIR));
});
