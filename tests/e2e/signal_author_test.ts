import assert from "node:assert/strict";
import { eventually, Folder, RunningUp } from "./_process.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const LINE_SECONDS_MAX = 300;
const WAIT_MS = 300_000;

/** The lines that a person is told to type, without comments, up to the first that runs for long. */
async function firstLines(): Promise<string[]> {
  const text = await Deno.readTextFile(`${ROOT}docs/signals.md`);
  const [, block = ""] = /```bash\n([^`]+)```/.exec(text) ?? [];
  return block.split("\n").map((line) => line.replace(/\s+#.*$/, "")).filter((line) => line !== "");
}

async function type(line: string, cwd: string): Promise<string> {
  const { code, stdout } = await new Deno.Command("timeout", {
    args: [String(LINE_SECONDS_MAX), "bash", "-c", `{ ${line}; } 2>&1`],
    env: { PATH: `${ROOT}cli:${Deno.env.get("PATH")}` },
    cwd,
    stdin: "null",
  }).output();
  const said = new TextDecoder().decode(stdout);
  assert.equal(code, 0, `$ ${line}\n${said}`);
  return said;
}

Deno.test("an author comes from nothing to a live signal, as the documentation says", async () => {
  await using folder = new Folder();
  const dir = folder.path;
  const lines = await firstLines();
  assert.deepEqual(lines.map((line) => line.split(" ").slice(0, 3).join(" ")), [
    ...["ssmd init --demo", "ssmd signal new", "ssmd signal test", "ssmd signal check"],
  ]);
  let said = "";
  for (const line of lines) said = await type(line, dir);
  // A first signal is proven, on markets that are made up.
  assert.doesNotMatch(said, /unproven/);
  assert.match(said, /wide_book: nothing is wrong/);

  const file = `${dir}/exchanges/environments/demo.yaml`;
  const text = await Deno.readTextFile(file);
  const wanted = "signals:\n  wide_book: { params: { minShare: 0.0001 } }\n";
  await Deno.writeTextFile(file, text.replace(/^signals:.*\n/m, wanted));
  await using up = new RunningUp([], { cwd: dir });
  const url = await up.url();
  await eventually("a fire", async () => {
    const answer = await fetch(`${url}/v1/signals/wide_book/fires`);
    return answer.ok && (await answer.text()).includes('"signal":"wide_book"');
  }, WAIT_MS);
  assert.match(await type("ssmd signal history", dir), /start .*wide_book v1/);
  const { code, output } = await up.stop();
  assert.equal(code, 0, output);
  const args = "--set minShare=0.0001 --compare-live";
  assert.match(await type(`ssmd backtest wide_book ${args}`, dir), /, 0 missing, 0 extra/);
});
