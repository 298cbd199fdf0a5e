import assert from "node:assert/strict";
import { makeTemporaryFolder } from "./temporary_folder.ts";

Deno.test("folders of killed processes go with the next one, those of running ones and others stay", async () => {
  const dir = await Deno.makeTempDir();
  try {
    // Its owner was killed: nobody holds the lock.
    await Deno.mkdir(`${dir}/ssmd-query-killed`);
    await Deno.writeTextFile(`${dir}/ssmd-query-killed/owner.lock`, "");
    await Deno.writeTextFile(`${dir}/ssmd-query-killed/spill.tmp`, "x");
    await Deno.mkdir(`${dir}/ssmd-query-starting`);
    await Deno.mkdir(`${dir}/ssmd-query-old`);
    const longAgo = new Date(Date.now() - 3_600_000);
    await Deno.utime(`${dir}/ssmd-query-old`, longAgo, longAgo);
    await Deno.mkdir(`${dir}/other`);
    const names = async () => (await Array.fromAsync(Deno.readDir(dir), ({ name }) => name)).sort();
    await using running = await makeTemporaryFolder("ssmd-query-", dir);
    {
      await using _ = await makeTemporaryFolder("ssmd-query-", dir);
      assert.equal((await names()).length, 4);
    }
    const own = running.path.slice(dir.length + 1);
    assert.deepEqual(await names(), ["other", own, "ssmd-query-starting"].sort());
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
