import assert from "node:assert/strict";
import { openStorage } from "./open.ts";

Deno.test("a configuration opens the driver it names", async () => {
  const memory = await openStorage({ type: "memory" });
  assert.equal(memory.type, "memory");
  await memory.close();
  const folder = await openStorage({ type: "local", path: "/srv/data" });
  assert.equal(folder.type, "local");
  assert.equal(folder.location, "/srv/data");
  await folder.close();
});

Deno.test("storage types that are not there are refused with the ones that are", async () => {
  await assert.rejects(openStorage({ type: "s3" } as never), {
    code: "STORAGE_TYPE_UNSUPPORTED",
    message: /not built in this version/,
    hint: /memory, local/,
  });
  await assert.rejects(openStorage({ type: "locale" } as never), {
    code: "STORAGE_TYPE_UNKNOWN",
    hint: /did you mean "local"/,
  });
});
