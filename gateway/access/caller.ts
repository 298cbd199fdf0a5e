/** The parts of a request that identify its sender. */
export interface Caller {
  /** Headers by their names in lower case. */
  headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The query of its address: may hold a ticket, never a key. */
  query: URLSearchParams;
  /** `GET`; a WebSocket handshake is a GET with `upgrade`. */
  method: string;
  /** Where the connection comes from, without a port. */
  address: string;
  /** The requested path, for the journal; without its query. */
  what?: string;
  /** Whether it is a liveness probe, which has no rate limit. */
  isProbe?: boolean;
}
