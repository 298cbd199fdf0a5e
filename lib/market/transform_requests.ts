/** Request subject of the transforms service, outside the stream. */
export function transformsSubject(env: string): string {
  return `_ssmd.${env}.transforms`;
}

/** Output of a transform for one record. */
export type TransformOutput =
  /** Text, verbatim. */
  | { text: string }
  /** Any other value, as JSON. */
  | { json: unknown }
  /** Bytes as base64. */
  | { base64: string }
  /** No output: the record is dropped. */
  | { skip: true }
  /** Error message: it threw or could not run. */
  | { error: string };

/** A stored transform as reported by the service. */
export interface TransformInfo {
  name: string;
  language: "ts" | "lua";
  /** SHA-256 of its source, hex. */
  source_hash: string;
}

/** Requests to the transforms service. */
export type TransformsRequest =
  | { action: "list" }
  /**
   * Starts a process for a transform; `caller` = identity for limits and quarantine. After `close` of
   * a reusable one the caller's next such request may get the same process.
   */
  | { action: "open"; name: string; caller: string; isReusable?: boolean }
  /** Records as stream JSON, in order. */
  | { action: "run"; session: string; records: readonly unknown[] }
  | { action: "close"; session: string };

/** Successful reply to a {@linkcode TransformsRequest}. */
export interface TransformsDone {
  ok: true;
  /** For `list`. */
  transforms?: readonly TransformInfo[];
  /** For `open`. */
  session?: string;
  /** For `run`: one per record. */
  outputs?: readonly TransformOutput[];
}
