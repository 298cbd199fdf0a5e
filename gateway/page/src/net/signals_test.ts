import assert from "node:assert/strict";
import type { Answer } from "./answer.ts";
import { Signals } from "./signals.ts";

Deno.test("fires are not known until all signals answered: none is another thing", async () => {
  let isDown = false;
  const body = (path: string) =>
    path === "/v1/signals"
      ? { signals: [{ id: "a" }, { id: "b" }] }
      : { fires: [{ recv_ts: path.includes("/a/") ? 1 : 2 }] };
  const get = (path: string): Promise<Answer> =>
    Promise.resolve(
      path.includes("/b/") && isDown
        ? { ok: false, status: 0, detail: "" }
        : { ok: true, body: body(path), asOfMs: null },
    );
  const signals = new Signals({ get, post: () => Promise.reject(new Error("not asked")) });
  await signals.read();
  assert.deepEqual((await signals.fires("", 9))?.map(({ recv_ts }) => recv_ts), [2, 1]);
  isDown = true;
  assert.equal(await signals.fires("", 9), undefined);
});
