import assert from "node:assert/strict";
import { withGateway } from "../testing/gateway_rig.ts";
import { protocolMistake } from "../testing/protocol_check.ts";

const SCRIPT = new URL("../testing/python_client.py", import.meta.url).pathname;
const TRADES = 100;

function hasWebsockets(): boolean {
  try {
    return new Deno.Command("python3", { args: ["-c", "import websockets"], stderr: "null" })
      .outputSync().success;
  } catch {
    return false;
  }
}

const ignore = !hasWebsockets() && Deno.env.get("SSMD_REQUIRE_SERVICES") !== "1";
const why = ignore ? " (skipped: python3 has no websockets)" : "";

for (const query of ["", "?compress=1"]) {
  Deno.test({
    name: `Python's websockets gets what PROTOCOL.md says, with "${query}"${why}`,
    ignore,
    fn: () =>
      withGateway(async ({ gateway, connector }) => {
        const url = `${gateway.url.replace("http", "ws")}/v1/stream${query}`;
        const child = new Deno.Command("python3", {
          args: [SCRIPT, url, String(TRADES)],
          stdout: "piped",
        }).spawn();
        const messages: Record<string, unknown>[] = [];
        let rest = "";
        for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
          const lines = (rest + text).split("\n");
          rest = lines.pop() ?? "";
          for (const line of lines) {
            const message = JSON.parse(line);
            messages.push(message);
            if (message.type !== "subscribed") continue;
            for (let i = 1; i <= TRADES; i++) connector.trade("BTCUSD", i);
          }
        }
        assert.equal((await child.status).code, 0);
        const [extensions, welcome, subscribed, ...others] = messages;
        const names = query === "" ? [] : ["permessage-deflate"];
        assert.deepEqual(extensions?.["names"], names);
        assert.deepEqual([welcome?.["type"], subscribed?.["id"]], ["welcome", "py"]);
        assert.equal(others.length, TRADES + 1);
        assert.deepEqual(
          others.slice(0, -1).map(({ price }) => price),
          others.slice(0, -1).map((_, i) => i + 1),
        );
        assert.equal(others.at(-1)?.["type"], "pong");
        for (const message of messages.slice(1)) {
          assert.equal(protocolMistake(message as { type: string }), undefined);
        }
      }),
  });
}
