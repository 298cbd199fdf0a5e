import assert from "node:assert/strict";
import { RegistrySource } from "./registry_source.ts";

const EXCHANGES = new URL("../../exchanges", import.meta.url).pathname;

async function git(dir: string, args: readonly string[], date = ""): Promise<void> {
  const { success, stderr } = await new Deno.Command("git", {
    args: ["-C", dir, "-c", "user.name=test", "-c", "user.email=test@test.example", ...args],
    env: date === "" ? {} : { GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date },
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
}

async function copyFolder(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const entry of Deno.readDir(from)) {
    if (entry.isFile) await Deno.copyFile(`${from}/${entry.name}`, `${to}/${entry.name}`);
  }
}

Deno.test("the registry of a day is that of git's last commit until then, today's that of the folder", async () => {
  const dir = await Deno.makeTempDir();
  try {
    for (const folder of ["feeds", "environments", "schemas", "calendars"]) {
      await copyFolder(`${EXCHANGES}/${folder}`, `${dir}/${folder}`);
    }
    const path = `${dir}/feeds/kraken.yaml`;
    const text = await Deno.readTextFile(path);
    const named = (name: string) => text.replace(/^display_name: .*$/m, `display_name: ${name}`);
    await git(dir, ["init", "-q"]);
    for (const [name, date] of [["Old", "2026-01-05"], ["New", "2026-02-05"]] as const) {
      await Deno.writeTextFile(path, named(name));
      await git(dir, ["add", "-A"]);
      await git(dir, ["commit", "-q", "-m", name], `${date}T12:00:00Z`);
    }
    await Deno.writeTextFile(path, named("Newest"));
    const source = new RegistrySource(dir);
    const nameOn = async (day?: string) => {
      const { found, origin } = await source.on(day);
      return [found.feeds.get("kraken")?.display_name, origin.commit !== undefined];
    };
    assert.deepEqual(await nameOn("2026-01-05"), ["Old", true]);
    assert.deepEqual(await nameOn("2026-02-04"), ["Old", true]);
    assert.deepEqual(await nameOn("2026-02-05"), ["New", true]);
    assert.deepEqual(await nameOn(), ["Newest", false]);
    assert.equal((await source.on("2026-01-01")).origin.note?.includes("git knows no"), true);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
