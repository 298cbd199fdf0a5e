import { z } from "zod";
import { bytesText, durationText, isoOfMs } from "../format.ts";
import type { Row } from "../render.ts";

const milliseconds = z.number().describe("Milliseconds since 1970");

/** A client that is connected to a gateway. */
export const CONNECTION = z.object({
  id: z.int(),
  client: z.string().describe("Name of the client; empty where the gateway asks for no key"),
  address: z.string(),
  since: milliseconds,
  state: z.enum(["healthy", "lagging", "dropping", "disconnected"]),
  policy: z.enum(["drop_newest", "drop_oldest", "conflate", "disconnect"]),
  format: z.string(),
  mode: z.string(),
  interval_ms: z.int().nullable(),
  catching_up: z.boolean(),
  markets: z.int(),
  subscriptions: z.array(
    z.object({ symbol: z.string(), types: z.array(z.string()), mode: z.string() }),
  ),
  buffer_bytes: z.int(),
  buffer_bytes_max: z.int(),
  buffer_messages: z.int(),
  buffer_messages_max: z.int(),
  sent: z.int(),
  dropped: z.int(),
  last_error: z.object({ code: z.string(), message: z.string(), at: z.number() }).nullable(),
});

/** A connection that ended. */
export const ENDED_CONNECTION = CONNECTION.extend({ until: milliseconds, reason: z.string() });

type Connection = z.output<typeof CONNECTION>;

/** Lines of connected clients. */
export function connectionRows(clients: readonly Connection[]): Row[] {
  return clients.map((one) => ({
    id: one.id,
    client: one.client === "" ? undefined : one.client,
    address: one.address,
    since: isoOfMs(Math.floor(one.since / 1000) * 1000),
    state: one.state,
    mode: one.mode,
    policy: one.policy,
    markets: one.markets,
    buffer: bytesText(one.buffer_bytes),
    waiting: one.buffer_messages,
    sent: one.sent,
    dropped: one.dropped,
    error: one.last_error?.code,
  }));
}

/** Lines of connections that ended. */
export function endedRows(clients: readonly z.output<typeof ENDED_CONNECTION>[]): Row[] {
  return clients.map((one) => ({
    id: one.id,
    client: one.client === "" ? undefined : one.client,
    address: one.address,
    ended: isoOfMs(Math.floor(one.until / 1000) * 1000),
    lasted: durationText(one.until - one.since),
    reason: one.reason,
    sent: one.sent,
    dropped: one.dropped,
    error: one.last_error?.code,
  }));
}
