import assert from "node:assert/strict";
import { StorageError } from "@ssmd/runtime";
import { withGateway } from "./testing/gateway_rig.ts";

const LATE = { loadsRoutesLate: true } as const;
/** No file can be created below a file. */
const UNUSABLE = `${new URL(import.meta.url).pathname}/feedback.sqlite`;

Deno.test("the stream of a gateway is served before its routes are loaded", () =>
  withGateway(
    async ({ connector, client }) => {
      const stream = await client("?symbols=BTCUSD&types=trade");
      await stream.next("subscribed");
      connector.trade("BTCUSD", 100);
      assert.equal((await stream.next("trade")).symbol, "BTCUSD");
    },
    true,
    // They could not be loaded.
    { ...LATE, feedback: { path: UNUSABLE } },
  ));

Deno.test("requests that come before the routes are loaded wait for them", () =>
  withGateway(
    async ({ gateway, get }) => {
      const paths = ["/health", "/v1/markets", "/v1/nothing", "/health"];
      const answers = await Promise.all(paths.map(get));
      assert.deepEqual(answers.map(({ status }) => status), [200, 200, 404, 200]);
      assert.ok((await gateway.routes()).some(({ path }) => path === "/v1/markets"));
    },
    true,
    LATE,
  ));

Deno.test("why routes cannot be loaded is told by the start, or by whoever loads them later", async () => {
  const isStorageError = (error: unknown) =>
    error instanceof StorageError && error.code === "FEEDBACK_STORE_FAILED";
  const feedback = { path: UNUSABLE };
  await assert.rejects(withGateway(() => Promise.resolve(), true, { feedback }), isStorageError);
  await withGateway(
    async ({ gateway, get }) => {
      const { status, body } = await get("/health");
      assert.deepEqual([status, body.code], [503, "ARCHIVE_UNAVAILABLE"]);
      await assert.rejects(gateway.routes(), isStorageError);
    },
    true,
    { ...LATE, feedback },
  );
});
