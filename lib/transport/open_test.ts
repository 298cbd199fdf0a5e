import assert from "node:assert/strict";
import { Health, LIMITS, Metrics, silentLogger } from "@ssmd/runtime";
import { natsServerAvailable, startNatsServer } from "../../tests/servers/nats_server.ts";
import { openServiceTransport, openTransport } from "./open.ts";

Deno.test("reserved and unknown bus types are refused with the ones that exist", async () => {
  for (const type of ["aeron", "chronicle"]) {
    await assert.rejects(openTransport({ type } as never, { env: "test" }), {
      code: "TRANSPORT_TYPE_UNSUPPORTED",
      hint: /memory, nats/,
    });
  }
  await assert.rejects(openTransport({ type: "nat" } as never, { env: "test" }), {
    code: "TRANSPORT_TYPE_UNKNOWN",
    hint: /Did you mean "nats"/,
  });
});

Deno.test("requests on a bus that stays away are refused at once, and answered when it is back", {
  ignore: !natsServerAvailable(),
}, async () => {
  const server = await startNatsServer();
  const metrics = new Metrics("process");
  const bus = await openServiceTransport({ type: "nats", url: server.url }, {
    ...{ env: "test", logger: silentLogger, health: new Health({ registry: metrics.registry }) },
  });
  const ask = (timeoutMs = 500) => bus.request("test.ask", new Uint8Array([1]), timeoutMs);
  await bus.respond("test.ask", (payload) => payload);
  assert.deepEqual(await ask(60_000), new Uint8Array([1]));
  // Nobody there is no fault of the bus.
  for (let i = 0; i <= LIMITS.circuitFailuresMax; i++) {
    await assert.rejects(bus.request("test.nobody", new Uint8Array(), 60_000), {
      code: "NO_RESPONDER",
    });
  }
  await server.kill();
  const codes: string[] = [];
  while (codes.at(-1) !== "CIRCUIT_OPEN" && codes.length < 100) {
    await ask().catch((error) => codes.push(error.code));
  }
  assert.equal(codes.at(-1), "CIRCUIT_OPEN", codes.join());
  assert.match(metrics.text(), /ssmd_circuit_breaker_state\{circuit="transport"\} 2/);
  await server.restart();
  const deadlineMs = Date.now() + 120_000;
  let answer: Uint8Array | undefined;
  while (answer === undefined && Date.now() < deadlineMs) {
    answer = await ask().catch(() => undefined);
  }
  assert.deepEqual(answer, new Uint8Array([1]));
  assert.match(metrics.text(), /ssmd_circuit_breaker_state\{circuit="transport"\} 0/);
  await bus.close();
  await server.stop();
});
