/** The certificate that a caller shows with its connection. */
export type ShownCertificate =
  /** Of nobody that `gateway.tls.client_ca` names, over, or not meant for clients. */
  | { state: "refused" }
  /** `expiresAtMs`: ms since 1970; null = a proxy saw it and looks at each connection. */
  | { state: "accepted"; subject: string; expiresAtMs: number | null };

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
  /** The certificate that it shows to the gateway itself; absent = none. */
  certificate?: ShownCertificate;
  /** The requested path, for the journal; without its query. */
  what?: string;
  /** Whether it is a liveness probe, which has no rate limit. */
  isProbe?: boolean;
}
