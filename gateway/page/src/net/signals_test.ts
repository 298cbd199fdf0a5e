import assert from "node:assert/strict";
import type { Rest } from "./rest.ts";
import { Signals } from "./signals.ts";

Deno.test("fires are not known until all signals answered: none is another thing", async () => {
  let isDown = false;
  const get = (path: string) =>
    Promise.resolve(
      path === "/v1/signals"
        ? { ok: true, body: { signals: [{ id: "a" }, { id: "b" }] } }
        : path.includes("/b/") && isDown
        ? { ok: false, status: 0, detail: "" }
        : { ok: true, body: { fires: [{ recv_ts: path.includes("/a/") ? 1 : 2 }] } },
    );
  const signals = new Signals({ get } as unknown as Rest);
  await signals.read();
  assert.deepEqual((await signals.fires("", 9))?.map(({ recv_ts }) => recv_ts), [2, 1]);
  isDown = true;
  assert.equal(await signals.fires("", 9), undefined);
});
