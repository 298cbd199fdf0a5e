import assert from "node:assert/strict";
import { noHole, Received } from "../../tests/contract/received.ts";
import { messagesOf } from "../../tests/contract/bus_messages.ts";
import { hasProgram, signedCertificate } from "../../tests/servers/certificates.ts";
import { natsServerAvailable, startNatsServer } from "../../tests/servers/nats_server.ts";
import { openTransport } from "./open.ts";

const ignore = !natsServerAvailable();
const CONFIG = new URL("../../deno.json", import.meta.url).pathname;
const SCRIPT = new URL("./testing/put_nats.ts", import.meta.url).pathname;
const HAS_OPENSSL = Deno.env.get("SSMD_REQUIRE_SERVICES") === "1" ||
  await hasProgram("openssl", "version");

Deno.test("of several servers one that answers is taken, and each message is stored once", {
  ignore,
}, async () => {
  const storeDir = await Deno.makeTempDir({ prefix: "ssmd-nats-" });
  const first = await startNatsServer({ storeDir });
  const second = await startNatsServer({ jetStream: false });
  await second.kill();
  // The second address is where the same files are served once the first server is gone.
  const url = [`nats://127.0.0.1:${second.port}`, first.url];
  const transport = await openTransport({ type: "nats", url }, { env: "test" });
  const publisher = transport.publisher();
  const messages = messagesOf("test.a.b", 1, 2000);
  for (const [n, message] of messages.entries()) {
    if (n === 1000) await first.kill();
    publisher.publish(message);
  }
  const moved = await startNatsServer({ storeDir, port: second.port });
  await publisher.flush();
  const received = new Received();
  const consumer = await transport.consume({
    ...{ name: "all", filters: ["test.>"], onMessage: received.take, onHole: noHole },
  });
  await received.until(messages.length);
  assert.deepEqual(received.ids, messages.map(({ id }) => id));
  await consumer.close();
  await transport.close();
  await moved.stop();
  await Deno.remove(storeDir, { recursive: true });
});

/** Publishes in a process of its own, as certificates are read when a process starts. */
async function putBy(url: string, env: Record<string, string>): Promise<string> {
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    ...{ args: ["run", "-qA", "--no-check", `--config=${CONFIG}`, SCRIPT, url], env },
  }).output();
  const text = new TextDecoder();
  return text.decode(stdout).trim() || text.decode(stderr);
}

Deno.test("a bus with TLS is trusted by DENO_CERT, and refused without it", {
  ignore: ignore || !HAS_OPENSSL,
}, async () => {
  const dir = await Deno.makeTempDir({ prefix: "ssmd-tls-" });
  const { ca, certificatePath, privateKeyPath } = await signedCertificate(dir);
  const server = await startNatsServer({
    args: ["--tls", "--tlscert", certificatePath, "--tlskey", privateKeyPath],
  });
  for (const url of [server.url, server.url.replace("nats:", "tls:")]) {
    assert.equal(await putBy(url, { DENO_CERT: ca }), "stored");
    assert.match(await putBy(url, {}), /^TRANSPORT_UNAVAILABLE .*(UnknownIssuer|certificate)/);
  }
  await server.stop();
  await Deno.remove(dir, { recursive: true });
});
