import type { ConnectionInfo } from "../../../protocol/connection.ts";

/** Fill level of the buffer, 0 to 1: by bytes or messages, whichever is higher. */
export function fillOf(client: ConnectionInfo): number {
  const bytes = client.buffer_bytes / client.buffer_bytes_max;
  const messages = client.buffer_messages / client.buffer_messages_max;
  return Math.min(1, Math.max(bytes, messages));
}
