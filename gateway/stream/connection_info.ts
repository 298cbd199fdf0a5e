import type { ConnectionInfo } from "../protocol/connection.ts";
import type { Connection } from "./connection.ts";
import { typeNames } from "./type_bits.ts";

/** Maximum number of listed subscriptions. */
const LISTED_MAX = 100;

/** Names of encodings, indexed by ENCODING. */
const FORMATS = ["json", "json, deflated", "capnp"] as const;

/** Returns the current state of a connection. */
export function connectionInfo(connection: Connection): ConnectionInfo {
  const { client, access, address, sinceUs, lastError } = connection;
  const { bytes, messages } = client.sendQueue.buffered;
  const rules = client.rules.list();
  const modes = [...new Set(rules.map(({ mode }) => mode))].map((mode) =>
    mode === "conflated" && client.intervalMs === 0 ? "latest" : mode
  );
  return {
    id: client.id,
    client: access.client,
    address,
    since: sinceUs / 1000,
    state: client.sendQueue.state,
    policy: client.sendQueue.policy,
    format: FORMATS[client.sendQueue.encoding],
    mode: modes.length === 0 ? "none" : modes.join(", "),
    interval_ms: modes.includes("conflated") ? client.intervalMs : null,
    catching_up: client.isReplaying,
    markets: client.interests.size,
    subscriptions: rules.slice(0, LISTED_MAX).map(({ pattern, types, mode }) => ({
      symbol: pattern,
      types: typeNames(types),
      mode,
    })),
    buffer_bytes: bytes,
    buffer_bytes_max: client.sendQueue.limits.bytesMax,
    buffer_messages: messages,
    buffer_messages_max: client.sendQueue.limits.messagesMax,
    sent: client.sendQueue.sent,
    dropped: client.sendQueue.dropped,
    last_error: lastError ?? null,
  };
}
