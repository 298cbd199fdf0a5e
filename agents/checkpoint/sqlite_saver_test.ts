import assert from "node:assert/strict";

const REQUIRED = Deno.env.get("SSMD_REQUIRE_SERVICES") === "1";
/** Where .ci/run installs the library's own validation suite; its test runner wants a folder of its own. */
const SUITE_DIR = `${
  Deno.env.get("SSMD_CI_DIR") ?? `${Deno.env.get("HOME")}/.cache/ssmd-ci`
}/langgraph`;
const VITEST = `${SUITE_DIR}/node_modules/vitest/vitest.mjs`;
const CASES_MIN = 718;

const SPEC = `
import { validate } from "@langchain/langgraph-checkpoint-validation";
import { DatabaseSync } from "node:sqlite";
import { SqliteSaver } from "./sqlite_saver.ts";
validate({
  checkpointerName: "ssmd",
  createCheckpointer: () => new SqliteSaver(new DatabaseSync(":memory:")),
});
`;

const isMissing = await Deno.stat(VITEST).then(() => false, () => true);

Deno.test({
  name: `the checkpointer passes LangGraph's validation suite${
    isMissing ? " (skipped: it is not installed)" : ""
  }`,
  ignore: isMissing && !REQUIRED,
  fn: async () => {
    const folder = await Deno.makeTempDir({ dir: SUITE_DIR });
    try {
      await Deno.copyFile(new URL("sqlite_saver.ts", import.meta.url), `${folder}/sqlite_saver.ts`);
      await Deno.writeTextFile(`${folder}/saver.test.ts`, SPEC);
      const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: [
          ...["run", "-qA", "--no-lock", "--node-modules-dir=manual", VITEST],
          ...["run", "--globals", "--root", folder],
        ],
        cwd: SUITE_DIR,
        env: { NO_COLOR: "1", CI: "1" },
      }).output();
      const text = new TextDecoder();
      const said = text.decode(stdout) + text.decode(stderr);
      assert.equal(code, 0, said.slice(-4000));
      const passed = Number(/Tests +(\d+) passed/.exec(said)?.[1]);
      assert.ok(passed >= CASES_MIN, said.slice(-1000));
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
