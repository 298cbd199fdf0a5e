import assert from "node:assert/strict";
import { commitOf } from "./commit.ts";

async function git(dir: string, ...args: string[]): Promise<string> {
  const who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com"];
  const { stdout, success, stderr } = await new Deno.Command("git", {
    args: ["-C", dir, ...who, ...args],
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout).trim();
}

Deno.test("the commit of a checkout is what git says: on a branch, packed, detached, in a worktree", async () => {
  const top = await Deno.makeTempDir();
  const dir = `${top}/main`;
  try {
    await Deno.mkdir(dir);
    assert.equal(commitOf(dir), undefined);
    await git(dir, "init", "-q");
    assert.equal(commitOf(dir), undefined);
    await git(dir, "commit", "-q", "--allow-empty", "-m", "one");
    const head = await git(dir, "rev-parse", "HEAD");
    assert.equal(commitOf(dir), head);
    await git(dir, "pack-refs", "--all");
    assert.equal(commitOf(dir), head);
    await git(dir, "worktree", "add", "-q", "-b", "other", `${top}/other`);
    assert.equal(commitOf(`${top}/other`), head);
    await git(dir, "checkout", "-q", "--detach");
    assert.equal(commitOf(dir), head);
  } finally {
    await Deno.remove(top, { recursive: true });
  }
});
