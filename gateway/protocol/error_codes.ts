/** Number, meaning and close code of an error. */
export interface ErrorMeaning {
  /** Stable number of the error. */
  number: number;
  /** One sentence for developers of clients. */
  meaning: string;
  /** WebSocket close code when the connection ends with this error. */
  close?: number;
}

/**
 * All errors of the stream: 1xxx = the request is refused and the connection stays open, 2xxx = the
 * connection ends. Errors of the authenticator have the number 4000 + HTTP status.
 */
export const STREAM_ERRORS = {
  invalid_json: { number: 1001, meaning: "The message is not JSON." },
  invalid_request: { number: 1002, meaning: "A field is missing, unknown or out of its range." },
  unknown_action: { number: 1003, meaning: "There is no such action." },
  unknown_type: { number: 1004, meaning: "There is no such record type." },
  unknown_mode: { number: 1005, meaning: "There is no such mode." },
  unknown_symbol: { number: 1006, meaning: "There is no such market for this client." },
  unknown_policy: { number: 1007, meaning: "There is no such policy for slow clients." },
  unknown_format: { number: 1008, meaning: "There is no such format of records." },
  binary_not_supported: { number: 1009, meaning: "Requests are JSON in text messages." },
  too_many_subscriptions: { number: 1010, meaning: "The client holds as many symbols as it may." },
  role_missing: { number: 1011, meaning: "The caller's role may not ask this." },
  not_enriched: { number: 1012, meaning: "The environment has no enricher that is enabled." },
  transform_refused: {
    number: 1013,
    meaning: "The transform cannot be used; the message says why.",
  },
  too_many_requests: {
    number: 2001,
    meaning: "Requests (pings count) come faster than they may.",
    close: 1008,
  },
  slow_client: {
    number: 2002,
    meaning: "The client did not read, and its policy or the time limit ends its connection.",
    close: 4001,
  },
  disconnected: { number: 2003, meaning: "An administrator ended the connection.", close: 4002 },
  transform_ended: {
    number: 2004,
    meaning:
      "The connection's transform exceeded its limits too often, or its service is unavailable.",
    close: 4003,
  },
} as const satisfies Record<string, ErrorMeaning>;

/** Error codes of the stream itself. */
export type StreamErrorCode = keyof typeof STREAM_ERRORS;

/** Returns the number of a code; 0 = not one of the stream's own. */
export function numberOf(code: string): number {
  return code in STREAM_ERRORS ? STREAM_ERRORS[code as StreamErrorCode].number : 0;
}
