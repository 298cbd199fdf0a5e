import assert from "node:assert/strict";
import { withLinkTargets } from "./link_targets.ts";

Deno.test("what a linked folder leads to is permitted, also for files that are yet to be made", async () => {
  const top = await Deno.realPath(await Deno.makeTempDir());
  try {
    for (const name of ["disk", "other", "data"]) await Deno.mkdir(`${top}/${name}`);
    await Deno.symlink(`${top}/disk`, `${top}/link`);
    await Deno.symlink(`${top}/other`, `${top}/data/raw`);
    const of = (path: string) => withLinkTargets([`${top}${path}`]).slice(1);
    assert.deepEqual(of("/link"), [`${top}/disk`]);
    assert.ok(of("/link/new/a.csv").includes(`${top}/disk/new/a.csv`));
    assert.deepEqual(of("/data"), [`${top}/other`]);
    assert.deepEqual(of("/disk"), []);
    assert.deepEqual(of("/missing/a"), []);
  } finally {
    await Deno.remove(top, { recursive: true });
  }
});
