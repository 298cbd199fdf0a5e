import assert from "node:assert/strict";
import { openAccess } from "../access/access.ts";
import { until } from "../testing/gateway_rig.ts";
import { RecentRecords } from "../state/recent_records.ts";
import { Client } from "./client.ts";
import { textFrame } from "./frames.ts";
import { Hub } from "./hub.ts";
import { TYPE_INDEX } from "./type_bits.ts";

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
        if (text.length < 3) client.sendQueue.sendControl(`${text}.`);
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
  client.sendQueue.sendControl("1");
  await until(() => written.length === 3);
  assert.deepEqual(written, ["1", "1.", "1.."]);
  hub.close();
});

Deno.test("records dropped for the only client are counted, though nothing is sent", async () => {
  let counted = 0;
  const onDropped = (counts: readonly number[]) => counts.forEach((count) => counted += count);
  const hub = new Hub(new RecentRecords({ messagesMax: 1, bytesMax: 1 }), {
    ...OBSERVER,
    onDropped,
  });
  const client = new Client({
    ...{ id: 1, sink: { heldBytes: 0, write() {} }, owner: hub, access: openAccess("viewer") },
    ...{ policy: "drop_newest", limits: { bytesMax: 100, messagesMax: 10, droppingMsMax: 1000 } },
  });
  hub.addClient(client);
  const frame = textFrame("x".repeat(60));
  const meta = { bytes: frame.length, type: TYPE_INDEX.trade, isSnapshot: false };
  const deliver = () =>
    client.deliver({
      ...{ buffer: frame, start: 0, end: frame.length },
      meta: { ...meta, subject: undefined },
    });
  for (let i = 0; i < 3; i++) deliver();
  await until(() => counted === 2);
  for (let i = 0; i < 4; i++) deliver();
  await until(() => counted === 6);
  hub.close();
});
