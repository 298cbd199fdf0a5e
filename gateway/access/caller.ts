/** What of a request tells who sends it. */
export interface Caller {
  /** Headers by their names in lower case. */
  headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The query of its address: a ticket may stand there, a key never. */
  query: URLSearchParams;
  /** `GET`; a WebSocket handshake is a GET with `upgrade`. */
  method: string;
  /** Where the connection comes from, without a port. */
  address: string;
  /** The path that is asked for, for the journal; never with its query. */
  what?: string;
  /** Whether it only asks whether the process lives: no rate holds for that. */
  isProbe?: boolean;
}
