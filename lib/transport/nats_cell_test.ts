import assert from "node:assert/strict";
import { errors } from "@nats-io/nats-core";
import { TransportError } from "@ssmd/runtime";
import { LeaseConnection, natsCell } from "./nats_cell.ts";

/** A lease on a connection whose requests all fail so. */
function failing(error: Error) {
  return leaseOn(() => Promise.reject(error));
}

function leaseOn(request: () => Promise<unknown>) {
  const session = { connection: { request, close: () => Promise.resolve() } };
  const lease = new LeaseConnection(() => Promise.resolve(session as never));
  return natsCell({ lease, env: "test", name: "archiver" });
}

for (const error of [new errors.RequestError("connection closed"), new errors.TimeoutError()]) {
  Deno.test(`a lease that cannot be written (${error.name}) is asked for again`, async () => {
    await assert.rejects(
      failing(error).write(new Uint8Array(1)),
      (thrown) => thrown instanceof TransportError && thrown.retryable,
    );
  });
}

Deno.test("a refusal of the server is told in its words, with code and hint", async () => {
  const error = { err_code: 10077, description: "maximum bytes exceeded" };
  const lease = leaseOn(() => Promise.resolve({ json: () => ({ error }) }));
  await assert.rejects(lease.write(new Uint8Array(1)), (thrown) => {
    assert.ok(thrown instanceof TransportError && thrown.retryable);
    assert.equal(thrown.message, "The nats-server refused: maximum bytes exceeded");
    assert.deepEqual([thrown.code, thrown.context["apiCode"]], ["TRANSPORT_FAILED", 10077]);
    assert.ok(thrown.hint);
    return true;
  });
});
