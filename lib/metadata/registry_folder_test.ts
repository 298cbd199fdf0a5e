import assert from "node:assert/strict";
import { fileNamesIn, readRegistryFile } from "./registry_folder.ts";

Deno.test("a linked file, as clusters mount them, counts as a file; a linked folder does not", async () => {
  const dir = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${dir}/..2026`);
    await Deno.writeTextFile(`${dir}/..2026/prod.yaml`, "name: prod\n");
    await Deno.symlink("..2026", `${dir}/..data`);
    await Deno.symlink("..data/prod.yaml", `${dir}/prod.yaml`);
    await Deno.symlink("nowhere.yaml", `${dir}/lost.yaml`);
    assert.deepEqual(await fileNamesIn(dir), ["lost.yaml", "prod.yaml"]);
    assert.equal(await readRegistryFile(`${dir}/prod.yaml`), "name: prod\n");
    await assert.rejects(readRegistryFile(`${dir}/lost.yaml`), { code: "CONFIG_NOT_FOUND" });
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
