import assert from "node:assert/strict";
import { withGateway } from "../../testing/gateway_rig.ts";
import { askRaw, requestText } from "../../../tests/servers/raw_socket.ts";

Deno.test("the documentation's examples name the origin by which it is read", () =>
  withGateway(async ({ gateway }) => {
    const page = await (await fetch(`${gateway.url}/docs`)).text();
    assert.ok(page.includes(`curl -s ${gateway.url}/v1/markets`));
    assert.ok(!page.includes("127.0.0.1:8080"));
    assert.match(
      page,
      /main a,[^{]*\{ text-decoration: underline;/,
      "links are not told by colour alone",
    );
    const headers = { "Connection": "close", "X-Forwarded-Proto": "https" };
    const requested = requestText("/docs", { ...headers, Host: "ssmd.example" });
    assert.ok(
      (await askRaw(gateway.port, requested)).includes("curl -s https://ssmd.example/v1/m"),
    );
    const odd = requestText("/docs", { ...headers, Host: "<script>'x" });
    assert.ok(!(await askRaw(gateway.port, odd)).includes("<script>"));
  }));
