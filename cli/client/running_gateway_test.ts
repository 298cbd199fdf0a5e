import assert from "node:assert/strict";
import { announceRunning } from "@ssmd/runtime";
import { gatewayAnswer, gatewayUrl } from "./running_gateway.ts";

Deno.test("the gateway that runs on a data folder is found there, else where its environment has it", async () => {
  const data = await Deno.makeTempDir();
  const globals = { dir: "exchanges", quiet: true, yes: false };
  const where = () => gatewayUrl(globals, { env: "demo", data });
  try {
    assert.equal(await where(), "http://127.0.0.1:8080");
    const url = "http://127.0.0.1:41234";
    const leave = await announceRunning(data, {
      ...{ env: "demo", component: "up", pid: Deno.pid, url },
      started_at: "2026-11-28T10:00:00Z",
    });
    assert.equal(await where(), url);
    await leave();
    assert.equal(await where(), "http://127.0.0.1:8080");
  } finally {
    await Deno.remove(data, { recursive: true });
  }
});

Deno.test("a command without a key gets a hint that names the variable, not a header", async () => {
  const refused = (code: string) =>
    gatewayAnswer(
      Response.json({ code, detail: "No", hint: "Send a header" }, { status: 401 }),
      "",
    );
  await assert.rejects(refused("KEY_MISSING"), {
    code: "KEY_MISSING",
    hint: "Set SSMD_API_KEY to a key of this gateway; ssmd client api-key create makes one",
  });
  await assert.rejects(refused("KEY_EXPIRED"), { hint: "Send a header" });
});
