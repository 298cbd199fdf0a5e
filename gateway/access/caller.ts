/** Client certificate of a caller. */
export type ShownCertificate =
  /** Not signed by `gateway.tls.client_ca`, expired, or not for clients. */
  | { state: "refused" }
  /** `expiresAtMs`: ms since 1970; null = verified by a proxy, which checks each connection. */
  | { state: "accepted"; subject: string; expiresAtMs: number | null };

/** The parts of a request that identify its sender. */
export interface Caller {
  /** Headers by lower-case name. */
  headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Query parameters: may contain a ticket, never a key. */
  query: URLSearchParams;
  /** `GET`; a WebSocket handshake is a GET with `upgrade`. */
  method: string;
  /** Remote address without a port. */
  address: string;
  /** Certificate presented to the gateway itself; absent = none. */
  certificate?: ShownCertificate;
  /** Requested path without its query, for the journal. */
  what?: string;
  /** Whether it is a liveness probe, which is exempt from rate limits. */
  isProbe?: boolean;
}
