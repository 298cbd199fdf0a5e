import assert from "node:assert/strict";
import { formatFinding } from "@ssmd/metadata";
import { reachFindings } from "./reach.ts";
import { Registry } from "./registry.ts";
import { checkRegistry } from "./check_registry.ts";

const FEED = `id: venue
display_name: Venue
type: spot
status: active
versions:
  - from: "2025-01-01"
    protocol: { transport: websocket, message: json }
    endpoint: wss://venue.example
    auth: { method: none }
    symbols_per_connection: 100
    capabilities: { types: [trade, ticker, orderbook, status, gap] }
    sequenced: false
    parser: kraken-v2
`;

function registryOf(feed: string, nats: string, path: string): Registry {
  const environment = `name: lab
feeds: [venue]
schema: v1
symbols: {}
endpoints: { venue: "${feed}" }
transport: { type: nats, url: "${nats}" }
storage: { type: local, path: "${path}" }
`;
  return new Registry(
    "exchanges",
    new Map([["feeds/venue.yaml", FEED], ["environments/lab.yaml", environment]]),
  );
}

/** A server that says `greeting` to whoever connects. */
function greeter(greeting: string) {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const serving = (async () => {
    for await (const connection of listener) {
      try {
        await connection.write(new TextEncoder().encode(greeting));
        await connection.read(new Uint8Array(64));
      } catch {
        // The other side has gone: nothing is left to say.
      }
      connection.close();
    }
  })();
  const { port } = listener.addr;
  return {
    at: `127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      listener.close();
      await serving;
    },
  };
}

function webSocketServer() {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    const { socket, response } = Deno.upgradeWebSocket(request);
    socket.onmessage = () => {};
    return response;
  });
  return {
    at: `127.0.0.1:${server.addr.port}`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

Deno.test("what answers as it should is no finding, nor a folder that could be made", async () => {
  await using feed = webSocketServer();
  await using nats = greeter("INFO {}\r\n");
  const dir = await Deno.makeTempDir();
  try {
    for (const path of [dir, `${dir}/not/there`]) {
      const registry = registryOf(
        ...[`ws://${feed.at}/`, `nats://${nats.at}`, path] as const,
      );
      assert.deepEqual(checkRegistry(registry).findings, []);
      assert.deepEqual(await reachFindings(registry), []);
    }
    assert.deepEqual([...Deno.readDirSync(dir)], [], "nothing is left behind");
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("what does not answer, and what is something else, is told with its line", async () => {
  await using other = greeter("hello\r\n");
  const registry = registryOf(
    ...["ws://127.0.0.1:1/", `nats://${other.at}`, "/dev/null/x"] as const,
  );
  const findings = (await reachFindings(registry)).map(formatFinding);
  assert.equal(findings.length, 3);
  const all = findings.join("\n");
  assert.match(all, /lab\.yaml:5:\d+ {2}endpoints\.venue: ws:\S+ cannot be reached: /);
  assert.match(all, /lab\.yaml:6:\d+ {2}transport\.url: .*: something else answers there/);
  assert.match(all, /lab\.yaml:7:\d+ {2}storage\.path: \/dev\/null\/x cannot be reached: /);
});

Deno.test("who never answers is left after three seconds", async () => {
  const silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const waiting = silent.accept();
  const at = `127.0.0.1:${silent.addr.port}`;
  await using feed = webSocketServer();
  const registry = registryOf(
    ...[`ws://${feed.at}/`, `nats://${at}`, "/tmp"] as const,
  );
  const findings = await reachFindings(registry);
  assert.deepEqual(findings.map(({ path }) => path), ["transport.url"]);
  assert.match(findings[0]?.message ?? "", /no answer in 3 s/);
  (await waiting).close();
  silent.close();
});
