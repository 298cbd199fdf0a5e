import type { CONNECTION, ENDED_CONNECTION } from "@ssmd/gateway/protocol";
import type { z } from "zod";
import { bytesText, durationText, isoOfMs } from "../format.ts";
import type { Row } from "../render.ts";

type Connection = z.output<typeof CONNECTION>;

/** Table rows of connected clients. */
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

/** Table rows of closed connections. */
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
