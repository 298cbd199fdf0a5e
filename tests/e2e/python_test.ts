import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

const PACKAGE = fileURLToPath(new URL("../../python", import.meta.url));
const MODULES = "duckdb, matplotlib, pandas, polars, pyarrow, pytest, websockets.asyncio.client";
const REQUIRED = Deno.env.get("SSMD_REQUIRE_SERVICES") === "1";

function hasModules(): boolean {
  try {
    return new Deno.Command("python3", { args: ["-c", `import ${MODULES}`], stderr: "null" })
      .outputSync().success;
  } catch {
    return false;
  }
}

const isMissing = !hasModules();
const why = isMissing ? ` (skipped: python3 has not all of ${MODULES})` : "";

Deno.test({
  name:
    `the Python package and each block of docs/python.md, and a notebook, do what they say${why}`,
  ignore: isMissing && !REQUIRED,
  fn: async () => {
    const temp = await Deno.makeTempDir();
    try {
      const { success, stdout } = await new Deno.Command("python3", {
        args: ["-m", "pytest", "-q", "-p", "no:cacheprovider", "--basetemp", `${temp}/pytest`],
        cwd: PACKAGE,
        env: { PYTHONDONTWRITEBYTECODE: "1" },
        stdin: "null",
        stderr: "inherit",
      }).output();
      assert.ok(success, new TextDecoder().decode(stdout).slice(-6000));
    } finally {
      await Deno.remove(temp, { recursive: true });
    }
  },
});
