import assert from "node:assert/strict";
import { openTransport } from "./open.ts";

Deno.test("reserved and unknown bus types are refused with the ones that exist", async () => {
  for (const type of ["aeron", "chronicle"]) {
    await assert.rejects(openTransport({ type } as never, { env: "test" }), {
      code: "TRANSPORT_TYPE_UNSUPPORTED",
      hint: /memory, nats/,
    });
  }
  await assert.rejects(openTransport({ type: "nat" } as never, { env: "test" }), {
    code: "TRANSPORT_TYPE_UNKNOWN",
    hint: /Did you mean "nats"/,
  });
});
