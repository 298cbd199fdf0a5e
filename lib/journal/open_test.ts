import assert from "node:assert/strict";
import { openJournal } from "./open.ts";

Deno.test("a journal is opened by the type that a configuration names", async () => {
  const dir = await Deno.makeTempDir();
  const memory = await openJournal({ type: "memory" });
  const file = await openJournal({ type: "file", path: `${dir}/journal` });
  assert.equal(await memory.append("a", {}), 1);
  assert.equal(await file.append("a", {}), 1);
  await memory.close();
  await file.close();
  await Deno.remove(dir, { recursive: true });
});

Deno.test("a type that is none is refused with what is allowed", async () => {
  await assert.rejects(openJournal({ type: "flie" } as unknown as { type: "memory" }), {
    code: "JOURNAL_TYPE_UNKNOWN",
    hint: 'Did you mean "file"?',
  });
});
