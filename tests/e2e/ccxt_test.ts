import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { KRAKEN_DEMO_KEY, startSimulator } from "@ssmd/simulator";

/** Version of ccxt that tests run; `.ci/run` installs it into a folder of its own. */
const CCXT_VERSION = "4.5.90";
const CACHE = Deno.env.get("SSMD_CI_DIR") ?? `${Deno.env.get("HOME")}/.cache/ssmd-ci`;
const env = { PYTHONPATH: `${CACHE}/ccxt-${CCXT_VERSION}` };

function hasCcxt(): boolean {
  try {
    const args = ["-B", "-c", "import ccxt.pro"];
    return new Deno.Command("python3", { args, env, stderr: "null" }).outputSync().success;
  } catch {
    return false;
  }
}
const isThere = hasCcxt();
const why = isThere ? "" : ` (skipped: python3 has no ccxt ${CCXT_VERSION})`;

Deno.test({
  name: `ccxt.pro, unchanged but for the address, runs a session on the simulated Kraken${why}`,
  ignore: !isThere && Deno.env.get("SSMD_REQUIRE_SERVICES") !== "1",
  fn: async () => {
    const source = { type: "model", seed: 7, ratePerSecond: 200 } as const;
    const simulator = await startSimulator({ venue: "kraken", source });
    const { key, secret } = KRAKEN_DEMO_KEY;
    try {
      const script = fileURLToPath(new URL("oracle/ccxt_session.py", import.meta.url));
      const { code, stdout, stderr } = await new Deno.Command("python3", {
        args: ["-B", script, `http://127.0.0.1:${simulator.port}`, simulator.url, key, secret],
        env,
      }).output();
      const text = new TextDecoder();
      assert.equal(code, 0, text.decode(stderr));
      const counts = JSON.parse(text.decode(stdout)) as Record<string, number>;
      assert.ok((counts["trades"] ?? 0) >= 20 && (counts["fills"] ?? 0) >= 3, stdout.toString());
    } finally {
      await simulator.close();
    }
  },
});
