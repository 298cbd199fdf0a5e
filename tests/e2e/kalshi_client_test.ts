import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { demoKey, startSimulator } from "@ssmd/simulator";

/** Version of Kalshi's own client that tests run; `.ci/run` installs it into a folder of its own. */
const CLIENT_VERSION = "3.30.0";
const CACHE = Deno.env.get("SSMD_CI_DIR") ?? `${Deno.env.get("HOME")}/.cache/ssmd-ci`;
const CLIENT_DIR = `${CACHE}/kalshi-typescript-${CLIENT_VERSION}`;
const isThere = await Deno.stat(`${CLIENT_DIR}/node_modules`).then(() => true, () => false);
const why = isThere ? "" : ` (skipped: no kalshi-typescript ${CLIENT_VERSION})`;

Deno.test({
  name: `Kalshi's own client, unchanged but for the address, trades on the simulator${why}`,
  ignore: !isThere && Deno.env.get("SSMD_REQUIRE_SERVICES") !== "1",
  fn: async () => {
    const source = { type: "model", seed: 7, ratePerSecond: 400, speed: 20 } as const;
    const simulator = await startSimulator({ venue: "kalshi", source });
    const { keyId, privateKeyPem } = await demoKey();
    const session = fileURLToPath(new URL("oracle/kalshi_session.ts", import.meta.url));
    const address = `http://127.0.0.1:${simulator.port}/trade-api/v2`;
    try {
      const { code, stderr } = await new Deno.Command(Deno.execPath(), {
        args: [
          ...["run", "-qA", "--no-config", "--no-lock", "--node-modules-dir=manual"],
          ...[session, address, keyId],
        ],
        cwd: CLIENT_DIR,
        env: { KALSHI_PRIVATE_KEY: privateKeyPem },
      }).output();
      assert.equal(code, 0, new TextDecoder().decode(stderr));
    } finally {
      await simulator.close();
    }
  },
});
