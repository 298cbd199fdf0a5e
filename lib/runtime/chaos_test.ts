import assert from "node:assert/strict";
import { Chaos } from "./chaos.ts";
import { StorageError } from "./errors.ts";
import { Health, readinessReport } from "./health.ts";
import { createLogger } from "./log.ts";

let ports = 0;

/** The chaos of a process with these variables, and what it logged and told. */
function chaosWith(variables: Record<string, string>) {
  for (const [name, value] of Object.entries(variables)) Deno.env.set(`SSMD_CHAOS_${name}`, value);
  const lines: string[] = [];
  const health = new Health();
  try {
    const chaos = Chaos.ofService(`test_${ports++}`, {
      ...{
        health,
        error: StorageError,
        logger: createLogger({ write: (line) => lines.push(line) }),
      },
    });
    return { chaos, lines, health };
  } finally {
    for (const name of Object.keys(variables)) Deno.env.delete(`SSMD_CHAOS_${name}`);
  }
}

Deno.test("without its variables there is none, and a wrong one ends the start", () => {
  assert.equal(chaosWith({}).chaos, undefined);
  assert.equal(chaosWith({ SEED: "4" }).chaos, undefined);
  for (const text of ["2", "-1", "often"]) {
    assert.throws(() => chaosWith({ FAILURE_RATE: text }), { code: "CHAOS_INVALID" });
  }
});

Deno.test("it is logged with the seed that repeats it, and a notice of a process that stays ready", () => {
  const { lines, health } = chaosWith({ FAILURE_RATE: "0.5", SEED: "77" });
  assert.match(lines.join(), /fail on purpose.*"seed":77/);
  const { ready, reasons } = readinessReport(health);
  assert.equal(ready, true);
  assert.match(reasons.join(), /it fails on purpose/);
});

Deno.test("calls fail at their rate, half of them done; the same seed chooses the same ones", async () => {
  const run = async () => {
    let done = 0;
    const port = { put: () => Promise.resolve(++done), name: "port" };
    const failing = chaosWith({ FAILURE_RATE: "0.2", SEED: "9" }).chaos?.disturb(port, ["put"]);
    const outcomes: string[] = [];
    for (let i = 0; i < 1000; i++) {
      outcomes.push(await failing?.put().then(() => "", (error) => error.code) ?? "");
    }
    assert.equal(failing?.name, "port");
    return { done, outcomes };
  };
  const { done, outcomes } = await run();
  const failed = outcomes.filter((code) => code === "CHAOS").length;
  assert.ok(failed > 150 && failed < 250, `${failed} failed`);
  assert.ok(done > 1000 - failed + 50 && done < 1000 - 50, `${done} done`);
  assert.deepEqual((await run()).outcomes, outcomes);
});

Deno.test("a corrupted read differs in one bit, and the original stays", () => {
  const { chaos } = chaosWith({ CORRUPTION_RATE: "1", SEED: "3" });
  const bytes = new Uint8Array(64);
  const wrong = chaos?.corrupt(bytes) ?? bytes;
  assert.equal(bytes.every((byte) => byte === 0), true);
  const bits = [...wrong].reduce(
    (sum, byte) => sum + byte.toString(2).replaceAll("0", "").length,
    0,
  );
  assert.equal(bits, 1);
});
