import assert from "node:assert/strict";
import { registryTextsOn } from "../registry_texts.ts";
import { GitRepository } from "./repository.ts";

const EXCHANGES = new URL("../../../exchanges", import.meta.url).pathname;

/** git itself, which tells what is right. */
async function git(dir: string, args: readonly string[], date = ""): Promise<string> {
  const identity = ["-c", "user.name=test", "-c", "user.email=test@test.example"];
  const { success, stdout, stderr } = await new Deno.Command("git", {
    args: ["-C", dir, ...identity, ...args],
    env: date === "" ? {} : { GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date },
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

async function feedText(dir: string, text: string): Promise<void> {
  await Deno.mkdir(`${dir}/exchanges/feeds`, { recursive: true });
  await Deno.writeTextFile(`${dir}/exchanges/feeds/alpha.yaml`, text);
}

/** A repository with twenty days of one file, a branch that is merged, and a clock that once went back. */
async function makeHistory(dir: string, format: string): Promise<void> {
  await git(dir, ["init", "-q", "-b", "main", `--object-format=${format}`]);
  const filler = Array.from({ length: 500 }, (_, i) => `line ${i * 7919}`).join("\n");
  for (let day = 1; day <= 20; day++) {
    await feedText(dir, `${filler}\nday ${day}\n${filler.slice(0, day * 10)}`);
    await git(dir, ["add", "-A"]);
    const date = day === 9 ? "2026-01-03T00:00:00Z" : `2026-01-${String(day).padStart(2, "0")}`;
    await git(
      dir,
      ["commit", "-qm", `day ${day}`],
      date.length === 10 ? `${date}T23:30:00+02:00` : date,
    );
    if (day === 12) await git(dir, ["branch", "side"]);
  }
  await git(dir, ["checkout", "-q", "side"]);
  await Deno.mkdir(`${dir}/exchanges/qa`, { recursive: true });
  await Deno.writeTextFile(`${dir}/exchanges/qa/alpha.yaml`, "side");
  await git(dir, ["add", "-A"]);
  await git(dir, ["commit", "-qm", "side"], "2026-01-25T10:00:00Z");
  await git(dir, ["checkout", "-q", "main"]);
  await git(dir, ["merge", "-q", "--no-ff", "-m", "merged", "side"], "2026-01-28T10:00:00Z");
}

async function compare(dir: string): Promise<void> {
  for (let day = 1; day <= 31; day++) {
    const date = `2026-01-${String(day).padStart(2, "0")}`;
    const before = ["log", "-1", `--before=${date}T23:59:59Z`];
    const wanted = (await git(dir, [...before, "--format=%H %cI"])).trim().replace("Z", "+00:00");
    const { texts, origin } = await registryTextsOn(`${dir}/exchanges`, date);
    assert.equal(`${origin.commit ?? ""} ${origin.time ?? ""}`.trim(), wanted, date);
    if (origin.commit === undefined) continue;
    const paths = await git(dir, ["ls-tree", "-r", "--name-only", origin.commit, "exchanges/"]);
    assert.deepEqual([...texts.keys()], paths.trim().split("\n").map((path) => path.slice(10)));
    for (const [path, text] of texts) {
      assert.equal(text, await git(dir, ["show", `${origin.commit}:exchanges/${path}`]));
    }
  }
}

for (const format of ["sha1", "sha256"]) {
  Deno.test(`history is read as git reads it: loose, packed, deltas, merges, ${format}`, async () => {
    const dir = await Deno.makeTempDir();
    try {
      await makeHistory(dir, format);
      await compare(dir);
      await git(dir, ["gc", "-q", "--aggressive"]);
      assert.match(await git(dir, ["count-objects", "-v"]), /^in-pack: [1-9]/m);
      await compare(dir);
      await git(dir, ["worktree", "add", "-q", `${dir}/tree`]);
      await compare(`${dir}/tree`);
      await git(dir, ["clone", "-q", "--shared", dir, `${dir}/borrowing`]);
      await compare(`${dir}/borrowing`);
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  });
}

Deno.test("a folder in no repository, and one without a commit, have no history", async () => {
  const dir = await Deno.makeTempDir();
  try {
    assert.equal(await GitRepository.open(dir), undefined);
    await git(dir, ["init", "-q"]);
    const repository = await GitRepository.open(dir);
    assert.equal(await repository?.commitBefore(2e9), undefined);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("a damaged object is told, not read", async () => {
  const dir = await Deno.makeTempDir();
  try {
    await git(dir, ["init", "-q"]);
    await feedText(dir, "one");
    await git(dir, ["add", "-A"]);
    await git(dir, ["commit", "-qm", "one"], "2026-01-01T00:00:00Z");
    const id = (await git(dir, ["rev-parse", "HEAD"])).trim();
    const path = `${dir}/.git/objects/${id.slice(0, 2)}/${id.slice(2)}`;
    await Deno.chmod(path, 0o600);
    const bytes = await Deno.readFile(path);
    for (
      const corruption of [
        bytes.slice(0, 20),
        bytes.with(30, (bytes[30] as number) ^ 255),
        new Uint8Array(0),
      ]
    ) {
      await Deno.writeFile(path, corruption);
      await assert.rejects(registryTextsOn(`${dir}/exchanges`, "2026-01-02"), {
        code: "GIT_FAILED",
      });
    }
    await Deno.remove(path);
    await assert.rejects(registryTextsOn(`${dir}/exchanges`, "2026-01-02"), { code: "GIT_FAILED" });
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("this repository's own history is read as git reads it", async () => {
  const hasGit = await GitRepository.open(EXCHANGES);
  if (hasGit === undefined) return;
  hasGit.close();
  const { origin, texts } = await registryTextsOn(EXCHANGES, "2026-11-01");
  const line = ["log", "-1", "--before=2026-11-01T23:59:59Z", "--format=%H"];
  assert.equal(origin.commit ?? "", (await git(EXCHANGES, line)).trim());
  assert.ok(texts.size > 0);
});
