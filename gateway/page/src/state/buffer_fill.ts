import type { ConnectionInfo } from "../../../protocol/connection.ts";

/** Share of the buffer that is full: of its bytes or its messages, whichever is fuller. */
export function fillOf(client: ConnectionInfo): number {
  const bytes = client.buffer_bytes / client.buffer_bytes_max;
  const messages = client.buffer_messages / client.buffer_messages_max;
  return Math.min(1, Math.max(bytes, messages));
}
