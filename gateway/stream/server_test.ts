import assert from "node:assert/strict";
import { RawSocket, requestText, WEBSOCKET_HEADERS } from "../../tests/servers/raw_socket.ts";
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
