import { z } from "zod";
import { ConfigError, messageOf } from "@ssmd/runtime";
import { findSignal } from "@ssmd/signals";
import { OUTPUT } from "../command/common_flags.ts";
import { defineCommand } from "../command/define.ts";
import { SIGNAL } from "../signal/signal_args.ts";
import { foldersOfSignals } from "../signal/folders_of_signals.ts";

const CONFIG = new URL("../signal/author_test.json", import.meta.url).pathname;
const TEXT = new TextDecoder();

const RESULT = z.object({
  signal: z.string(),
  path: z.string().describe("File of its tests"),
  ok: z.boolean(),
  text: z.string().describe("Output of Deno"),
});

export default defineCommand({
  name: "signal test",
  brief: "Run the test beside a signal",
  description:
    "Runs the file named like the signal, with _test.ts, without any permission. Exit code 1 " +
    "when a test fails.",
  examples: ["ssmd signal test spread_widens"],
  flags: { output: OUTPUT },
  args: [SIGNAL],
  output: RESULT,
  failed: ({ ok }) => !ok,
  table: ({ text }) => ({ text }),
  async run({ args: [name], context }) {
    const { all } = await foldersOfSignals(context.globals);
    const { id, path } = await findSignal(name, all);
    const test = path.replace(/\.ts$/, "_test.ts");
    const isThere = await Deno.stat(test).then(({ isFile }) => isFile, () => false);
    if (!isThere) {
      throw new ConfigError("SIGNAL_UNTESTED", `There is no "${test}"`, {
        hint: "A signal's test is the file beside it; ssmd signal new creates both",
      });
    }
    const { code, stdout, stderr } = await runTests(test);
    return { signal: id, path: test, ok: code === 0, text: `${stdout}${code === 0 ? "" : stderr}` };
  },
});

async function runTests(path: string) {
  try {
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["test", "--quiet", "--no-prompt", "--no-lock", "--config", CONFIG, path],
      env: { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" },
      stdin: "null",
    }).output();
    return { code, stdout: TEXT.decode(stdout), stderr: TEXT.decode(stderr) };
  } catch (error) {
    throw new ConfigError("SIGNAL_TEST_FAILED", `deno test does not run: ${messageOf(error)}`);
  }
}
