import assert from "node:assert/strict";
import { LateSync } from "./late_sync.ts";

Deno.test("LateSync makes written bytes durable without being asked, and tells what is refused", async () => {
  const refused: unknown[] = [];
  const givenUp = new AbortController();
  const sync = new LateSync({
    pauseRefused: (error) => {
      refused.push(error);
      return Promise.resolve();
    },
    givenUp: givenUp.signal,
  });
  // A file that takes writes and no sync.
  await sync.open("/dev/full");
  sync.written();
  await assert.rejects(sync.sync());
  assert.ok(sync.isRefused);
  sync.close();
  const path = await Deno.makeTempFile();
  await sync.open(path);
  await sync.syncAll();
  assert.ok(!sync.isRefused);
  sync.written();
  await sync.syncAll();
  sync.close();
  await Deno.remove(path);
  assert.ok(refused.every((error) => error instanceof Error));
});
