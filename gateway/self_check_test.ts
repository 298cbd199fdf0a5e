import assert from "node:assert/strict";
import { createServer, type Socket } from "node:net";
import { memoryTransport } from "@ssmd/transport";
import { until, withGateway } from "./testing/gateway_rig.ts";
import { isAnswering, SelfCheck } from "./self_check.ts";

Deno.test("a listener that accepts and answers nobody is found unresponsive, once", async () => {
  const sockets: Socket[] = [];
  const server = createServer((socket) => void sockets.push(socket));
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as { port: number };
  let unresponsive = 0;
  const onUnresponsive = () => void unresponsive++;
  const times = { everyMs: 5, timeoutMs: 20, failuresMax: 3 };
  const check = new SelfCheck({ host: "127.0.0.1", port, onUnresponsive, ...times });
  await until(() => unresponsive > 0);
  // On a slow machine the time is over before the listener gets to see who knocked.
  await until(() => sockets.length > 0);
  assert.equal(check.problem, "did not answer itself 3 times in a row");
  check.close();
  for (const socket of sockets) socket.destroy();
  await new Promise((done) => server.close(done));
  assert.equal(await isAnswering({ host: "127.0.0.1", port }, 1000), false);
  assert.equal(unresponsive, 1);
});

Deno.test("a gateway that serves answers itself, on every interface that it may listen on", async () => {
  for (const host of ["127.0.0.1", "0.0.0.0"]) {
    await withGateway(
      async ({ gateway }) => assert.ok(await isAnswering({ host, port: gateway.port }, 60_000)),
      true,
      { host },
    );
  }
});

Deno.test("a gateway on a bus that answers nothing is unready, and says so", async () => {
  let problem = "";
  const inner = memoryTransport();
  const transport = new Proxy(inner, {
    get(target, name) {
      if (name === "problem") return problem;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  await withGateway(
    async ({ get }) => {
      assert.equal((await get("/health/ready")).status, 200);
      problem = "the bus is connected and answers nothing";
      const { status, body } = await get("/health/ready");
      assert.equal(status, 503);
      assert.match(String(body["reasons"]), /^gateway: the bus is connected and answers nothing/);
      assert.equal((await get("/health")).status, 200, "a restart does not help");
    },
    true,
    { transport },
  );
});
