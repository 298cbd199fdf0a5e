import assert from "node:assert/strict";
import { withGuardedGateway } from "../../access/testing/guarded_gateway.ts";
import { withGateway } from "../../testing/gateway_rig.ts";

Deno.test("usage, peaks and uses of a span are those of the store, for administrators alone", () =>
  withGuardedGateway(async ({ gateway, key, store, admin }) => {
    const text = await key("boss", { role: "admin" });
    await key("screens", { use: "display" });
    await key("bots", { use: "trading" });
    const day = "2026-08-01";
    const atMs = Date.parse(day);
    const row = { day, feed: "kraken", type: "trade" };
    const session = { run: "r", key: "k", address: "192.0.2.1", reason: "closed" };
    const open = (id: string, client: string, [from, to]: readonly [number, number]) => ({
      ...{ ...session, id, client, startedAtMs: atMs + from, endedAtMs: atMs + to },
    });
    await store.count({
      usage: [
        { ...row, client: "screens", messages: 7 },
        { ...row, client: "bots", messages: 5 },
        { ...row, client: "screens", type: "orderbook", messages: 3 },
        { ...row, client: "gone", messages: 2 },
        { ...row, client: "bots", feed: "-", type: "request", messages: 100 },
        { ...row, day: "2026-08-03", client: "bots", messages: 50 },
      ],
      // The second ends as the third begins: never more than two at once.
      sessions: [
        open("1", "screens", [0, 5000]),
        open("2", "screens", [1000, 2000]),
        open("3", "bots", [2000, 3000]),
      ],
      keysUsed: [],
    });
    const ask = async (path: string, by = text) => {
      const headers = { authorization: `Bearer ${by}` };
      const response = await fetch(`${gateway.url}/v1/audit/${path}`, { headers });
      const answer = await response.json();
      return response.ok ? answer : answer.code;
    };
    const span = "from=2026-08-01&to=2026-08-02";
    assert.deepEqual((await ask(`display-vs-nondisplay?${span}`)).uses, [
      { use: "display", feed: "kraken", messages: 10 },
      { use: "trading", feed: "kraken", messages: 5 },
      { use: "unknown", feed: "kraken", messages: 2 },
    ]);
    const { usage } = await ask(`usage?${span}&client=bots`);
    assert.deepEqual(
      usage.map(({ type, messages }: { type: string; messages: number }) => `${type} ${messages}`)
        .sort(),
      ["request 100", "trade 5"],
    );
    assert.deepEqual((await ask(`peak-users?${span}`)).days, [
      { day: "2026-08-01", clients: 2, sessions: 2 },
      { day: "2026-08-02", clients: 0, sessions: 0 },
    ]);
    assert.deepEqual((await ask("peak-users")).days.length, 1);
    for (
      const wrong of ["from=2026-08-02&to=2026-08-01", "from=2026-01-01&to=2026-02-01", "from=x"]
    ) {
      assert.equal(await ask(`usage?${wrong}`), "INVALID_PARAMETER", wrong);
    }
    const viewer = (await admin.addKey("screens", { expiresAtMs: null })).text;
    for (const path of ["usage", "peak-users", "display-vs-nondisplay"]) {
      assert.match(await ask(path, viewer), /ROLE_MISSING|KEY_INVALID/);
    }
  }));

Deno.test("a gateway without keys says that it counts nobody", () =>
  withGateway(async ({ get }) => {
    for (const path of ["usage", "peak-users", "display-vs-nondisplay"]) {
      const { status, body } = await get(`/v1/audit/${path}`);
      assert.deepEqual([status, body["counted"]], [200, false], path);
    }
  }));
