import assert from "node:assert/strict";
import { withGateway } from "../testing/gateway_rig.ts";
import {
  askRaw,
  RawSocket,
  requestText,
  WEBSOCKET_HEADERS,
} from "../../tests/servers/raw_socket.ts";

const BARE = { Connection: "Upgrade", Upgrade: "websocket" };

Deno.test("no target of a handshake ends the gateway: each is refused by its own socket", () =>
  withGateway(async ({ gateway, get }) => {
    const targets: Record<string, number> = {
      "//": 404,
      "///": 404,
      "//[": 404,
      "//[::1": 404,
      "//\u00ff": 404,
      "/%": 404,
      "/v1/stream%": 404,
      "/v1/stream/": 404,
      "http://[": 400,
      "http://x/v1/stream": 400,
      "*": 400,
      "?": 400,
      [`/${"x".repeat(9000)}`]: 414,
    };
    for (const [target, status] of Object.entries(targets)) {
      const answer = await askRaw(gateway.port, requestText(target, BARE));
      assert.match(answer, new RegExp(`^HTTP/1\\.1 (${status}|400) `), target.slice(0, 20));
      assert.match(answer, /application\/problem\+json/, target.slice(0, 20));
    }
    assert.equal((await get("/health")).status, 200);
  }));

Deno.test("another protocol's upgrade is answered as if it had not been offered", () =>
  withGateway(async ({ gateway }) => {
    const h2c = { "Connection": "Upgrade, HTTP2-Settings", "HTTP2-Settings": "AAMAAABkAAQ" };
    for (const upgrade of ["h2c", "TLS/1.0", "foo, bar"]) {
      const headers = { ...h2c, Upgrade: upgrade };
      const answer = await askRaw(gateway.port, requestText("/v1/markets", headers));
      assert.match(answer, /^HTTP\/1\.1 200 OK\r\n[^]*connection: close/i, upgrade);
    }
    const stream = new RawSocket(gateway.port, requestText("/v1/stream", WEBSOCKET_HEADERS));
    while (!stream.received.includes("welcome")) await new Promise((done) => setTimeout(done, 5));
    stream.socket.destroy();
  }));
