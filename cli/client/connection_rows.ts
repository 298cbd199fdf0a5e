import { bytesText, durationText, isoOfMs } from "../format.ts";
import type { Row } from "../render.ts";

/** A connection as the gateway tells it; the members that tables show. */
export interface ConnectionAnswer {
  id: number;
  client: string;
  address: string;
  since: number;
  until?: number;
  reason?: string;
  state: string;
  policy: string;
  mode: string;
  markets: number;
  buffer_bytes: number;
  buffer_messages: number;
  sent: number;
  dropped: number;
  last_error: { code: string } | null;
}

/** Lines of connected clients. */
export function connectionRows(clients: readonly ConnectionAnswer[]): Row[] {
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
export function endedRows(clients: readonly ConnectionAnswer[]): Row[] {
  return clients.map((one) => ({
    id: one.id,
    client: one.client === "" ? undefined : one.client,
    address: one.address,
    ended: isoOfMs(Math.floor((one.until ?? 0) / 1000) * 1000),
    lasted: durationText((one.until ?? one.since) - one.since),
    reason: one.reason,
    sent: one.sent,
    dropped: one.dropped,
    error: one.last_error?.code,
  }));
}
