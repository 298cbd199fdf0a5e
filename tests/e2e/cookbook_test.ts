import assert from "node:assert/strict";
import { makeProject } from "../../cli/testing/project.ts";
import { RunningUp } from "./_process.ts";

const PAGE = await Deno.readTextFile(new URL("../../docs/cookbook.md", import.meta.url));
const RECIPE = /^### (.+)\n\n(?:[^`]+\n\n)?```sh\n([^`]*)```\n\n```text\n([^`]*)```$/gm;
const RECIPES = [...PAGE.matchAll(RECIPE)].map(([, title = "", lines = "", shown = ""]) => ({
  title,
  lines: lines.trim(),
  shown: shown.trim().split("\n"),
}));

/** Lines so that they end by themselves, take a free port, and ask the gateway of the test. */
function runnable(lines: string, gateway: string): string {
  return lines.replaceAll("http://127.0.0.1:8080", gateway).replace(/--port \d+/, "--port 0");
}

/** What a printed line stands for: any number in place of a number, "…" for what is left out. */
function shapeOf(line: string): RegExp {
  const text = line.trim().replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")
    .replaceAll("…", ".*").replace(/\s+/g, "\\s+")
    .replace(/-?\d+(\\\.\d+)?/g, "-?\\d+(\\.\\d+)?");
  return new RegExp(text);
}

Deno.test("every recipe of the cookbook prints what the page shows, its numbers aside", async () => {
  const project = await makeProject();
  try {
    await Deno.remove(`${project.dir}/data`, { recursive: true });
    const options = { cwd: project.dir };
    const args = ["--env", "demo", "--data", "./data"];
    // A stop between two runs is a gap, which is archived when the second one ends.
    for (const records of [100, 1]) {
      await using before = new RunningUp(args, options);
      for (const feed of ["kraken", "kalshi"]) await before.published(feed, "trade", records);
      assert.equal((await before.stop()).code, 0, before.output);
    }
    await using up = new RunningUp(args, options);
    const url = await up.url();
    for (const feed of ["kraken", "kalshi"]) await up.published(feed, "trade", 20);
    const problems: string[] = [];
    for (const { title, lines, shown } of RECIPES) {
      const { code, stdout, stderr } = await project.sh(runnable(lines, url));
      const missing = shown.filter((line) => !shapeOf(line).test(`${stdout}${stderr}`));
      if (code === 0 && missing.length === 0) continue;
      problems.push(
        [title, `ended with ${code}; not there:`, ...missing, stdout, stderr].join("\n"),
      );
    }
    assert.deepEqual(problems, []);
    assert.equal((await up.stop()).code, 0, up.output);
  } finally {
    await project.remove();
  }
});

Deno.test("every recipe is short, and shows what it prints", () => {
  assert.equal(RECIPES.length, PAGE.match(/^### /gm)?.length);
  assert.ok(RECIPES.length >= 15);
  for (const { title, lines } of RECIPES) assert.ok(lines.split("\n").length <= 8, title);
});
