import assert from "node:assert/strict";
import { errors } from "@nats-io/nats-core";
import { TransportError } from "@ssmd/runtime";
import { LeaseConnection, natsCell } from "./nats_cell.ts";

/** A lease on a connection whose requests all fail so. */
function failing(error: Error) {
  const request = () => Promise.reject(error);
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
