import assert from "node:assert/strict";
import { sleep } from "@ssmd/runtime";
import { natsServerAvailable, startNatsServer } from "../../tests/servers/nats_server.ts";
import { natsTransport } from "./nats.ts";
import { NatsProbe } from "./nats_probe.ts";

async function untilProblem(probe: { problem: string }, expected: string): Promise<void> {
  while (probe.problem !== expected) await sleep(2);
}

const SILENT = "the bus is connected and answers nothing";

Deno.test("a server that answers nothing is a problem, until it answers or there is a new connection", async () => {
  let answer = Promise.withResolvers<void>();
  const probe = new NatsProbe(() => answer.promise, 1);
  await untilProblem(probe, SILENT);
  answer.resolve();
  await untilProblem(probe, "");
  answer = Promise.withResolvers();
  await untilProblem(probe, SILENT);
  probe.disconnected("lost a");
  assert.equal(probe.problem, "the bus is away: lost a");
  answer = Promise.withResolvers();
  answer.resolve();
  probe.reconnected();
  await untilProblem(probe, "");
  probe.close();
});

Deno.test(
  "a nats-server that is stopped and keeps its connections is told, and works again when it goes on",
  { ignore: !natsServerAvailable() },
  async () => {
    const server = await startNatsServer();
    const transport = await natsTransport({ servers: server.url, env: "test" });
    try {
      assert.equal(transport.problem, "");
      server.freeze();
      await untilProblem(transport, SILENT);
      server.thaw();
      await untilProblem(transport, "");
    } finally {
      server.thaw();
      await transport.close();
      await server.stop();
    }
  },
);
