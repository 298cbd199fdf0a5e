import assert from "node:assert/strict";

const PROGRAM = `
import { createLogger, Metrics, surviveUncaughtErrors } from "@ssmd/runtime";
const metrics = new Metrics("gateway");
surviveUncaughtErrors(createLogger({ format: "json" }), metrics);
void Promise.reject(new Error("thrown in a promise"));
setTimeout(() => { throw new Error("thrown in a timer"); });
setTimeout(() => console.log(metrics.text()), 50);
`;

Deno.test("errors that nobody catches are logged and counted, and the process goes on", async () => {
  const config = new URL("../../deno.json", import.meta.url).pathname;
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "-q", `--config=${config}`, PROGRAM],
    env: { NO_COLOR: "1" },
  }).output();
  const text = new TextDecoder().decode(stdout);
  assert.equal(code, 0);
  assert.match(text, /"error":"thrown in a promise".*"stack":/);
  assert.match(text, /"error":"thrown in a timer"/);
  assert.match(text, /ssmd_gateway_uncaught_errors_total\{kind="error"\} 1/);
  assert.match(text, /ssmd_gateway_uncaught_errors_total\{kind="rejection"\} 1/);
});
