import assert from "node:assert/strict";
import { RawSocket, requestText, WEBSOCKET_HEADERS } from "../../tests/servers/raw_socket.ts";
import { withMembers } from "@ssmd/runtime";
import { memoryTransport } from "@ssmd/transport";
import { freePort } from "../../tests/servers/free_port.ts";
import { until, withGateway } from "../testing/gateway_rig.ts";

/** Opens a stream; resolves with how that went. */
function outcomeOf(url: string): Promise<string> {
  const socket = new WebSocket(url);
  return new Promise((resolve) => {
    socket.onmessage = () => {
      resolve("a stream");
      socket.close();
    };
    socket.onerror = () => resolve("refused");
  });
}

Deno.test("a gateway that stops opens no stream, which would be mute and keep it from ending", async () => {
  const again = Promise.withResolvers<string>();
  await withGateway(async ({ gateway }) => {
    // It never answers the close, so that the end takes its longest.
    new RawSocket(gateway.port, requestText("/v1/stream", WEBSOCKET_HEADERS));
    const url = `${gateway.url.replace("http", "ws")}/v1/stream`;
    new WebSocket(url).onclose = () => void outcomeOf(url).then(again.resolve);
    await until(() => gateway.stats().clients === 2);
  });
  assert.equal(await again.promise, "refused");
});

/** Connects until a gateway listens; resolves with its answer to the stream that is asked for. */
async function subscribed(url: string): Promise<Record<string, unknown>> {
  for (;;) {
    const answer = await new Promise<Record<string, unknown> | undefined>((resolve) => {
      const socket = new WebSocket(url);
      socket.onerror = () => resolve(undefined);
      socket.onmessage = ({ data }) => {
        const message = JSON.parse(data);
        if (message.type !== "subscribed") return;
        socket.close();
        resolve(message);
      };
    });
    if (answer !== undefined) return answer;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

Deno.test("a client that finds the next gateway as soon as it listens goes on where it was", async () => {
  const transport = memoryTransport();
  const port = freePort();
  const isAsked = Promise.withResolvers<void>();
  // The bus answers the new gateway late.
  const late = withMembers(transport, {
    state: async () => {
      isAsked.resolve();
      await new Promise((resolve) => setTimeout(resolve, 200));
      return await transport.state();
    },
  });
  let pos: unknown;
  let resumed: Promise<Record<string, unknown>> | undefined;
  const lasting = withMembers(transport, { close: () => Promise.resolve() });
  await withGateway(
    async ({ client, connector }) => {
      const one = await client("?symbols=BTCUSD&types=trade");
      connector.trade("BTCUSD", 1);
      pos = (await one.next("trade"))["pos"];
    },
    true,
    { transport: lasting },
  );
  const url = `ws://127.0.0.1:${port}/v1/stream?symbols=BTCUSD&types=trade&since=${pos}`;
  void isAsked.promise.then(() => resumed = subscribed(url));
  await withGateway(
    async () => assert.equal((await resumed)?.["recovered"], true),
    true,
    { transport: late, port },
  );
});
