import assert from "node:assert/strict";
import { join } from "node:path";
import { keepOutOfGit, writePrivateFile } from "./private_file.ts";

async function git(dir: string, ...args: string[]): Promise<string> {
  const own = ["-c", "user.name=test", "-c", "user.email=test@example.com"];
  const command = new Deno.Command("git", { args: [...own, ...args], cwd: dir, stderr: "null" });
  return new TextDecoder().decode((await command.output()).stdout);
}

const HAS_GIT = await new Deno.Command("git", { args: ["--version"], stdout: "null" }).output()
  .then(({ success }) => success, () => false);

function inRepository(sentence: string, body: (dir: string) => Promise<void>): void {
  Deno.test({
    name: sentence,
    ignore: !HAS_GIT && Deno.env.get("SSMD_REQUIRE_SERVICES") !== "1",
    fn: async () => {
      const dir = await Deno.makeTempDir();
      try {
        await git(dir, "init", "-q");
        await body(dir);
      } finally {
        await Deno.remove(dir, { recursive: true });
      }
    },
  });
}

inRepository("a key file is for this user only, and git does not see it", async (dir) => {
  const path = join(dir, "secrets", "kalshi.yaml");
  await writePrivateFile(path, "one");
  await writePrivateFile(path, "two");
  assert.equal(await Deno.readTextFile(path), "two");
  assert.equal(((await Deno.stat(path)).mode ?? 0) & 0o777, 0o600);
  assert.equal(((await Deno.stat(join(dir, "secrets"))).mode ?? 0) & 0o777, 0o700);
  assert.equal(await git(dir, "status", "--porcelain", "--untracked-files=all"), "");
});

inRepository("beside files that git keeps only the key file is ignored", async (dir) => {
  await Deno.mkdir(join(dir, "conf"));
  await Deno.writeTextFile(join(dir, "conf", "a.yaml"), "a");
  await git(dir, "add", ".");
  await writePrivateFile(join(dir, "conf", "key.yaml"), "secret");
  await writePrivateFile(join(dir, "conf", "key.yaml"), "secret");
  assert.equal(await Deno.readTextFile(join(dir, "conf", ".gitignore")), "/key.yaml\n");
  assert.equal(await git(dir, "status", "--porcelain"), "A  conf/a.yaml\n?? conf/.gitignore\n");
});

inRepository(
  "a file that git keeps is refused, one of the same ending elsewhere is not",
  async (dir) => {
    await Deno.mkdir(join(dir, "deep", "secrets"), { recursive: true });
    await Deno.writeTextFile(join(dir, "deep", "secrets", "kalshi.yaml"), "public");
    await git(dir, "add", ".");
    await git(dir, "commit", "-qm", "first");
    await keepOutOfGit(join(dir, "secrets", "kalshi.yaml"));
    const kept = join(dir, "deep", "secrets", "kalshi.yaml");
    await assert.rejects(writePrivateFile(kept, "secret"), { code: "KEY_FILE_IN_GIT" });
    assert.equal(await Deno.readTextFile(kept), "public");
  },
);
