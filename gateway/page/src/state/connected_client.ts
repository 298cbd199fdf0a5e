/** A connection of the stream, as the administration tells of it. */
export interface ConnectedClient {
  id: number;
  client: string;
  address: string;
  since: number;
  state: string;
  policy: string;
  format: string;
  mode: string;
  interval_ms: number | null;
  catching_up: boolean;
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
export interface EndedClient extends ConnectedClient {
  until: number;
  reason: string;
}

/** Share of the buffer that is full: of its bytes or its messages, whichever is fuller. */
export function fillOf(client: ConnectedClient): number {
  const bytes = client.buffer_bytes / client.buffer_bytes_max;
  const messages = client.buffer_messages / client.buffer_messages_max;
  return Math.min(1, Math.max(bytes, messages));
}
