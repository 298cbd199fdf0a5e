import assert from "node:assert/strict";
import { LIBRARY_DIR } from "./signal_catalog.ts";
import { signalFolders } from "./signal_folders.ts";

Deno.test("a project's signals lie beside its registry, before those that come with ssmd", () => {
  assert.deepEqual(signalFolders("/home/ada/markets/exchanges"), {
    own: "/home/ada/markets/signals",
    all: ["/home/ada/markets/signals", LIBRARY_DIR],
  });
  assert.equal(signalFolders("exchanges").own, "./signals");
  assert.equal(signalFolders("../exchanges/").own, "../signals");
  assert.equal(signalFolders(undefined).own, "./signals");
});

Deno.test("in the repository the room of signals is no folder of signals", () => {
  const registry = new URL("../../exchanges", import.meta.url).pathname;
  assert.deepEqual(signalFolders(registry).all, [LIBRARY_DIR]);
});
