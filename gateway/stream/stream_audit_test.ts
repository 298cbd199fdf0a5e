import assert from "node:assert/strict";
import { openAccess } from "../access/access.ts";
import { keylessAuthenticator } from "../access/authenticator.ts";
import { withAuditQueue } from "../testing/audit_queue.ts";
import { withGateway } from "../testing/gateway_rig.ts";

Deno.test("each request of a client with a key but a ping is one event, done or refused", () =>
  withAuditQueue(async (audit) => {
    const access = { ...openAccess("admin"), client: "desk" };
    const authenticator = {
      ...keylessAuthenticator({ host: "127.0.0.1" }),
      authenticate: () => Promise.resolve(access),
    };
    await withGateway(
      async ({ client }) => {
        const one = await client();
        for (const action of ["subscribe", "snapshot", "unsubscribe"]) {
          one.send({ action, symbols: ["BTCUSD"], types: ["trade"] });
        }
        one.send({ action: "subscribe", symbols: ["NOTHING"] });
        one.send({ action: "no such request" });
        await one.settle();
        const events = (await (await audit.log()).list({ limit: 10 })).reverse();
        assert.deepEqual(events.map(({ action, target, reason }) => [action, target, reason]), [
          ["stream subscribe", "BTCUSD", ""],
          ["stream snapshot", "BTCUSD", ""],
          ["stream unsubscribe", "BTCUSD", ""],
          ["stream subscribe", "NOTHING", "unknown_symbol"],
          ["stream request", "", events[4]?.reason],
        ]);
        assert.deepEqual(events.map(({ outcome }) => outcome), [
          ...["done", "done", "done", "refused", "refused"],
        ]);
        assert.ok(
          events.every(({ actor, category }) => actor === "desk" && category === "data-access"),
        );
      },
      true,
      { authenticator, audit },
    );
  }));
