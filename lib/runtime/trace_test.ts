import assert from "node:assert/strict";
import { startOtlpReceiver } from "../../tests/servers/otlp_receiver.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const PARENT = "b7ad6b7169203331";
/** A service that logs a line outside of any request and one while it answers one. */
const SERVICE = `
import { createLogger } from ${JSON.stringify(new URL("./log.ts", import.meta.url).href)};
const logger = createLogger({ format: "json" });
logger.info("outside");
const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async () => {
  await Promise.resolve();
  logger.with({ feed: "kraken" }).warn("inside");
  return new Response("ok");
});
const headers = { traceparent: "00-${TRACE}-${PARENT}-01" };
await (await fetch("http://127.0.0.1:" + server.addr.port, { headers })).text();
await server.shutdown();
`;

async function linesOf(env: Readonly<Record<string, string>>): Promise<Record<string, unknown>[]> {
  const dir = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${dir}/service.ts`, SERVICE);
    const args = ["run", "-q", "-A", "--no-config", "--no-lock", `${dir}/service.ts`];
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args, env })
      .output();
    const text = new TextDecoder();
    assert.equal(code, 0, text.decode(stderr));
    return text.decode(stdout).trim().split("\n").map((line) => JSON.parse(line));
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("a line that is logged while a request is answered has the ids of its trace", async () => {
  await using receiver = startOtlpReceiver();
  const [outside, inside] = await linesOf({ ...receiver.variables, OTEL_SERVICE_NAME: "service" });
  assert.equal(outside?.["trace_id"], undefined);
  assert.equal(inside?.["trace_id"], TRACE);
  assert.equal(inside?.["feed"], "kraken");
  const served = receiver.spans.find(({ parentSpanId }) => parentSpanId === PARENT);
  assert.ok(served, Deno.inspect(receiver.spans));
  assert.deepEqual([served.service, served.traceId], ["service", TRACE]);
});

Deno.test("without traces a line has no ids", async () => {
  const lines = await linesOf({});
  assert.deepEqual(lines.map(({ message }) => message), ["outside", "inside"]);
  for (const line of lines) assert.equal(line["trace_id"], undefined);
});
