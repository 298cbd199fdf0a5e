import assert from "node:assert/strict";
import { createLogger } from "@ssmd/runtime";
import { withGateway } from "../testing/gateway_rig.ts";

interface Line {
  n: number;
  at: number;
  level: string;
  message: string;
  fields: string;
}

Deno.test("the newest lines of the log are told by level and from a number on", () =>
  withGateway(async ({ get }) => {
    const log = createLogger({ write: () => {}, level: "error", fields: { part: "a b" } });
    const linesOf = async (query: string) => {
      const { status, body } = await get(`/v1/admin/logs?${query}`);
      assert.equal(status, 200);
      return body["lines"] as Line[];
    };
    log.debug("not kept");
    log.info("first", { count: 1n });
    log.warn("second", { error: new TypeError("no") });
    const [first, second] = (await linesOf("limit=2")).map(({ n, at, ...line }) => {
      assert.ok(Math.abs(at - Date.now()) < 60_000 && n > 0);
      return line;
    });
    assert.deepEqual(first, { level: "info", message: "first", fields: "part=a b count=1" });
    assert.deepEqual(second, {
      ...{ level: "warn", message: "second" },
      fields: "part=a b error=TypeError: no",
    });
    const [last] = await linesOf("limit=1");
    assert.deepEqual(await linesOf(`after=${last?.n}`), []);
    for (let i = 0; i < 1_100; i++) log.info(`line ${i}`);
    const kept = await linesOf("limit=1000&level=info");
    assert.equal(kept.length, 1000);
    assert.equal(kept.at(-1)?.message, "line 1099");
    assert.deepEqual(
      (await linesOf("level=error&limit=1000")).filter((line) => line.message.startsWith("line ")),
      [],
    );
  }));
