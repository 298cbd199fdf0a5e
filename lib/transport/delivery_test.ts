import assert from "node:assert/strict";
import { ackSubjectOf, readDelivery, UnacknowledgedDeliveries } from "./delivery.ts";

Deno.test("both forms of a reply subject are read", () => {
  const delivery = { prefixLength: 0, streamSequence: 0, consumerSequence: 0 };
  const replies: [string, string][] = [
    ["$JS.ACK.ssmd-test.archiver-main.1.4711.12.1795226400000000000.3", "archiver-main."],
    ["$JS.ACK._.hash.ssmd-test.archiver-main.2.4711.12.1795226400000000000.3", "archiver-main."],
    ["$JS.ACK.hub.hash.ssmd-test.archiver-main.1.4711.12.179522640.3.random", "archiver-main."],
  ];
  for (const [reply, end] of replies) {
    assert.equal(readDelivery(reply, delivery), true, reply);
    assert.equal(delivery.streamSequence, 4711);
    assert.equal(delivery.consumerSequence, 12);
    const prefix = reply.slice(0, delivery.prefixLength);
    assert.ok(prefix.endsWith(end), prefix);
    assert.equal(ackSubjectOf(prefix, 4711, 12), `${prefix}1.4711.12.0.0`);
  }
  for (const other of ["", "_INBOX.abc", "_INBOX.a.b.c.d.e.f.g.h", "$JS.ACK.a.b.c"]) {
    assert.equal(readDelivery(other, delivery), false, other);
  }
});

Deno.test("an acknowledgement names the newest delivery that it covers", () => {
  const deliveries = new UnacknowledgedDeliveries();
  deliveries.reset(1);
  for (const sequence of [5, 7, 8, 20]) deliveries.push(sequence);
  assert.equal(deliveries.take(4), undefined);
  assert.deepEqual(deliveries.take(7), { streamSequence: 7, consumerSequence: 2 });
  assert.equal(deliveries.take(7), undefined);
  assert.deepEqual(deliveries.take(19), { streamSequence: 8, consumerSequence: 3 });
  deliveries.reset(1);
  for (let n = 1; n <= 10_000; n++) {
    deliveries.push(n * 2);
    if (n % 10 === 0) {
      assert.deepEqual(deliveries.take(n * 2 - 1), {
        streamSequence: n * 2 - 2,
        consumerSequence: n - 1,
      });
    }
  }
});
