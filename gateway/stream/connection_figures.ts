import type { Connection } from "./connection.ts";
import { typeNames } from "./type_bits.ts";

/** Names listed of one client's subscriptions; beyond it only their number is told. */
const LISTED_MAX = 100;

/** What is told of one connection, with the names and units of the admin endpoint. */
export interface ConnectionFigures {
  id: number;
  /** The client's name; empty where nobody is asked for a key. */
  client: string;
  address: string;
  /** Milliseconds since 1970. */
  since: number;
  state: string;
  policy: string;
  format: string;
  /** The modes in use: realtime, conflated, latest, or none. */
  mode: string;
  interval_ms: number | null;
  /** Whether it is being given what it missed. */
  catching_up: boolean;
  /** Markets it gets something of. */
  markets: number;
  subscriptions: { symbol: string; types: string[]; mode: string }[];
  buffer_bytes: number;
  buffer_bytes_max: number;
  buffer_messages: number;
  buffer_messages_max: number;
  sent: number;
  dropped: number;
  last_error: { code: string; message: string; at: number } | null;
}

/** A connection that is over. */
export interface EndedConnection extends ConnectionFigures {
  /** When it ended, milliseconds since 1970. */
  until: number;
  reason: string;
}

/** The figures of a connection now. */
export function figuresOf(connection: Connection): ConnectionFigures {
  const { client, access, address, sinceUs, lastError } = connection;
  const { bytes, messages } = client.buffered;
  const rules = client.rules.list();
  const modes = [...new Set(rules.map(({ mode }) => mode))].map((mode) =>
    mode === "conflated" && client.intervalMs === 0 ? "latest" : mode
  );
  return {
    id: client.id,
    client: access.client,
    address,
    since: sinceUs / 1000,
    state: client.state,
    policy: client.policy,
    format: ["json", "json, deflated", "capnp"][client.encoding] ?? "json",
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
    buffer_bytes_max: client.limits.bytesMax,
    buffer_messages: messages,
    buffer_messages_max: client.limits.messagesMax,
    sent: client.sent,
    dropped: client.dropped,
    last_error: lastError ?? null,
  };
}
