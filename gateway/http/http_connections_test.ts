import assert from "node:assert/strict";
import { silentLogger } from "@ssmd/runtime";
import { GATEWAY_LIMITS } from "../limits.ts";
import { connectionLimits } from "../connection_limits.ts";
import { until, withGateway } from "../testing/gateway_rig.ts";
import { RawSocket, requestText } from "../../tests/servers/raw_socket.ts";

Deno.test("requests of a socket that come in one piece are answered in order", () =>
  withGateway(async ({ gateway }) => {
    const targets = ["/v1/markets", "/docs", "/nowhere", "/health", "/openapi.json"];
    const last = requestText("/health/ready", { Connection: "close" });
    const raw = new RawSocket(
      gateway.port,
      targets.map((each) => requestText(each)).join("") + last,
    );
    await raw.closed;
    assert.deepEqual(raw.statuses, [200, 200, 404, 200, 200, 200]);
  }));

Deno.test("a socket that pipelines thousands of requests is cut, and others are served", () =>
  withGateway(async ({ gateway, get, metrics }) => {
    const raw = new RawSocket(gateway.port);
    raw.socket.pause();
    raw.socket.write(requestText("/openapi.json").repeat(20_000));
    assert.equal((await get("/health")).status, 200);
    raw.socket.resume();
    await raw.closed;
    assert.ok(raw.statuses.length <= GATEWAY_LIMITS.pipelinedRequestsMax);
    assert.match(metrics.text(), /ssmd_gateway_refused_total\{reason="pipelining"\} 1/);
  }));

Deno.test("idle and half-sent connections make room for who asks, and the gateway stays responsive", () =>
  withGateway(
    async ({ gateway, client, get }) => {
      const stream = await client("?symbols=BTCUSD&types=trade");
      const half = "GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n";
      const idle = Array.from(
        { length: 100 },
        (_, i) => new RawSocket(gateway.port, i % 2 ? half : ""),
      );
      await until(() => idle.filter(({ over }) => over).length >= 100 - 20);
      assert.equal((await get("/health")).status, 200);
      for (const raw of idle) raw.socket.destroy();
      assert.equal((await get("/health")).status, 200);
      stream.send({ action: "ping", id: 1 });
      await stream.next("pong");
    },
    true,
    { connections: { clientsMax: 10, connectionsMax: 20 } },
  ));

Deno.test("an address has a share of the sockets before its first good answer, others keep theirs", () =>
  withGateway(
    async ({ gateway, client, metrics }) => {
      const stream = await client("?symbols=BTCUSD&types=trade");
      const kept = new RawSocket(gateway.port, requestText("/health"));
      await until(() => kept.statuses.length === 1);
      const half = "GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n";
      const flood = Array.from(
        { length: 60 },
        (_, i) => new RawSocket(gateway.port, i % 2 ? half : "", "127.0.0.2"),
      );
      const share = 40 * GATEWAY_LIMITS.unprovenShareMax;
      await until(() => flood.filter(({ over }) => over).length === 60 - share);
      assert.match(await metrics.text(), /refused_total\{reason="unproven_evicted"\} 55/);
      assert.ok(!kept.over, "an older idle socket of another address stays");
      kept.socket.write(requestText("/health"));
      await until(() => kept.statuses.length === 2);
      stream.send({ action: "ping", id: 1 });
      await stream.next("pong");
      for (const raw of [kept, ...flood]) raw.socket.destroy();
    },
    true,
    { connections: { clientsMax: 10, connectionsMax: 40 } },
  ));

Deno.test("requests that are broken off, in their body or their turn, are no log lines", async () => {
  const lines: string[] = [];
  const keep = (message: string) => void lines.push(message);
  const logger = { ...silentLogger, info: keep, warn: keep, error: keep };
  await withGateway(
    async ({ gateway, get }) => {
      lines.length = 0;
      const texts = [
        requestText("/v1/feedback", { "Content-Length": "100" }, "POST") + '{"ti',
        requestText("/openapi.json").repeat(20),
        requestText("/openapi.json").repeat(3),
        requestText("/v1/markets").slice(0, 30),
      ];
      for (const text of [...texts, ...texts]) {
        const raw = new RawSocket(gateway.port, text);
        await new Promise((resolve) => setTimeout(resolve, 20));
        raw.socket.resetAndDestroy();
        await raw.closed;
      }
      assert.equal((await get("/health")).status, 200);
      assert.deepEqual(lines, []);
    },
    true,
    { logger },
  );
});

Deno.test("a further stream than may be is refused with 503", () =>
  withGateway(
    async ({ gateway, client }) => {
      await client();
      const second = new WebSocket(`${gateway.url.replace("http", "ws")}/v1/stream`);
      await new Promise((resolve) => second.onerror = resolve);
      assert.equal(gateway.stats().clients, 1);
    },
    true,
    { connections: { clientsMax: 1, connectionsMax: 20 } },
  ));

Deno.test("where descriptors are few, fewer clients are taken, or the start is refused", async () => {
  const { clientsMax, connectionsMax } = GATEWAY_LIMITS;
  const limits = connectionLimits(".", silentLogger);
  assert.ok(limits.clientsMax <= clientsMax && limits.connectionsMax <= connectionsMax);
  const program = `
    import { connectionLimits } from "${new URL("../connection_limits.ts", import.meta.url)}";
    import { createLogger } from "@ssmd/runtime";
    const config = createLogger({ format: "json" });
    try { console.log(JSON.stringify(connectionLimits(".", config))); }
    catch (error) { console.log(error.code); }`;
  const file = await Deno.makeTempFile({ suffix: ".ts" });
  await Deno.writeTextFile(file, program);
  const config = new URL("../../deno.json", import.meta.url).pathname;
  const run = async (limit: number, variables = "") => {
    const line = `ulimit -n ${limit}; ${variables} exec "$0" run -q -A --config="$1" "$2"`;
    const { stdout } = await new Deno.Command("sh", {
      args: ["-c", line, Deno.execPath(), config, file],
    }).output();
    return new TextDecoder().decode(stdout);
  };
  const few = await run(1024);
  assert.match(few, /"level":"warn".*ulimit -n/);
  const { connectionsMax: fits } = JSON.parse(few.trim().split("\n").at(-1) ?? "");
  assert.ok(fits > 600 && fits < 1024 - GATEWAY_LIMITS.descriptorsReserved, String(fits));
  assert.equal((await run(256)).trim(), "DESCRIPTORS_TOO_FEW");
  // The launcher reports the limit: about the same as counting, a little on the safe side.
  const variable = 'SSMD_DESCRIPTORS="$(ulimit -Hn)"';
  const { connectionsMax: fitsReported } = JSON.parse(
    (await run(1024, variable)).trim().split("\n").at(-1) ?? "",
  );
  assert.ok(
    fitsReported <= fits && fitsReported > fits - 64,
    `${fits} counted, ${fitsReported} reported`,
  );
  assert.equal((await run(256, variable)).trim(), "DESCRIPTORS_TOO_FEW");
  assert.deepEqual(JSON.parse(await run(4096, "SSMD_DESCRIPTORS=20000")), {
    ...{ clientsMax, connectionsMax },
  });
  assert.match(await run(1024, "SSMD_DESCRIPTORS=unlimited"), /"level":"warn".*ulimit -n/);
  await Deno.remove(file);
});
