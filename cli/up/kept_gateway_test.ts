import assert from "node:assert/strict";
import { startGateway } from "@ssmd/gateway";
import { Metrics, silentLogger } from "@ssmd/runtime";
import { memoryTransport } from "@ssmd/transport";
import { KeptGateway } from "./kept_gateway.ts";

Deno.test("a gateway that answers nobody is started again on its port, the bus stays", async () => {
  const transport = memoryTransport();
  const unresponsive: (() => void)[] = [];
  const kept = await KeptGateway.open(({ port = 0, onUnresponsive }) => {
    unresponsive.push(onUnresponsive);
    return startGateway({
      ...{ env: "test", transport, logger: silentLogger, version: "0.0.0" },
      ...{ host: "127.0.0.1", port, feeds: [], markets: [], metrics: new Metrics("gateway") },
    });
  }, silentLogger);
  const { url } = kept;
  const isUp = () => fetch(`${url}/health`).then(({ ok, body }) => body?.cancel().then(() => ok));
  assert.ok(await isUp());
  unresponsive[0]?.();
  while (unresponsive.length < 2) await new Promise((done) => setTimeout(done, 5));
  while (!await isUp().catch(() => false)) await new Promise((done) => setTimeout(done, 5));
  assert.equal(kept.url, url);
  await kept.close();
  await transport.close();
});
