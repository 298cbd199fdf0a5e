import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { hasProgram } from "../../tests/servers/certificates.ts";
import { ssmdArgs, withArchive } from "./_fixtures.ts";

const TERMINAL = fileURLToPath(new URL("../keys/testing/terminal.py", import.meta.url));
const ignore = !await hasProgram("python3", "--version");

/** What a replay to /dev/null shows on a terminal while things are typed, and its exit code. */
async function typed(
  dir: string,
  steps: readonly [string, string][],
): Promise<{ code: number; shown: string }> {
  const words = ["data", "replay", "--feed", "kraken", "--data", dir];
  const line = [Deno.execPath(), ...ssmdArgs(...words)].map((word) => `'${word}'`).join(" ");
  const child = new Deno.Command("python3", {
    args: [TERMINAL, "bash", "-c", `${line} > /dev/null; stty -a | grep -c ' icanon'`],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(JSON.stringify(steps)));
  await writer.close();
  const { code, stdout } = await child.output();
  return { code, shown: new TextDecoder().decode(stdout) };
}

Deno.test(
  "on a terminal a replay shows where it is, pauses, seeks, quits and leaves it as it was",
  {
    ignore,
  },
  () =>
    withArchive("demo", async (dir) => {
      // The archive has three bursts, a minute apart.
      // It stands still while it is sought in: a busy machine is seconds late.
      const { code, shown } = await typed(dir, [
        ["02:53:5", " \x1b[D\x1b[D"],
        ["02:53:5", "\x1b[A"],
        ["02:54:5", "\x1b[A"],
        ["02:55:5", "\x1b[B"],
        ["02:54:5", " "],
        ["1×", "q"],
      ]);
      assert.match(shown, /02:54:5\S+ .* paused /);
      assert.equal(code, 0, shown);
      assert.match(shown, /\d+ records {2}.* left {2}space pause/);
      assert.equal(shown.trimEnd().at(-1), "1", "the terminal takes whole lines again");
    }),
);

Deno.test(
  "Ctrl-C on a terminal ends a replay as q does",
  { ignore },
  () =>
    withArchive("demo", async (dir) => {
      const { shown } = await typed(dir, [["02:53:5", "\x03"]]);
      assert.doesNotMatch(shown, /error|Uncaught/);
    }),
);
