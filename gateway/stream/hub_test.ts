import assert from "node:assert/strict";
import { openAccess } from "../access/access.ts";
import { until } from "../testing/gateway_rig.ts";
import { RecentRecords } from "../state/recent_records.ts";
import { Client } from "./client.ts";
import { Hub } from "./hub.ts";

const OBSERVER = { onSent() {}, onDropped() {}, onLatency() {}, onCut() {} };
/** Longer than any round after which there is no rest. */
const SLOW_WRITE_MS = 20;

Deno.test("what comes while the hub rests after a long round is sent in order when the rest is over", async () => {
  const hub = new Hub(new RecentRecords({ messagesMax: 1, bytesMax: 1 }), OBSERVER);
  const written: string[] = [];
  const sink = {
    heldBytes: 0,
    write(bytes: Uint8Array, done: () => void) {
      const text = new TextDecoder().decode(bytes.subarray(2));
      written.push(text);
      const endMs = performance.now() + SLOW_WRITE_MS;
      while (performance.now() < endMs);
      queueMicrotask(() => {
        done();
        if (text.length < 3) client.sendControl(`${text}.`);
      });
    },
  };
  const limits = { bytesMax: 1000, messagesMax: 100, droppingMsMax: 1000 };
  const access = openAccess("viewer");
  const client: Client = new Client({
    id: 1,
    sink,
    owner: hub,
    access,
    policy: "drop_oldest",
    limits,
  });
  hub.addClient(client);
  client.sendControl("1");
  await until(() => written.length === 3);
  assert.deepEqual(written, ["1", "1.", "1.."]);
  hub.close();
});
