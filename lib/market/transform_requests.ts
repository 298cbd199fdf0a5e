/** The subject on which the service of transforms answers, outside the stream. */
export function transformsSubject(env: string): string {
  return `_ssmd.${env}.transforms`;
}

/** What a transform made of one record. */
export type TransformOutput =
  /** Text, as it is. */
  | { text: string }
  /** Any other value, as JSON. */
  | { json: unknown }
  /** Bytes in base64. */
  | { base64: string }
  /** It gave nothing: the record is left out. */
  | { skip: true }
  /** It threw, or it did not come through: why. */
  | { error: string };

/** A stored transform, as its service tells it. */
export interface TransformInfo {
  name: string;
  language: "ts" | "lua";
  /** SHA-256 of its source, hex. */
  source_hash: string;
}

/** What the service of transforms is asked. */
export type TransformsRequest =
  | { action: "list" }
  /** A process of one's own for a transform; `caller` = who is limited and, where it harms, rests. */
  | { action: "open"; name: string; caller: string }
  /** Records as JSON of the stream, in order. */
  | { action: "run"; session: string; records: readonly unknown[] }
  | { action: "close"; session: string };

/** The answer to a {@linkcode TransformsRequest} that could be done. */
export interface TransformsDone {
  ok: true;
  /** Of `list`. */
  transforms?: readonly TransformInfo[];
  /** Of `open`. */
  session?: string;
  /** Of `run`: one of each record. */
  outputs?: readonly TransformOutput[];
}

/** The answer to a {@linkcode TransformsRequest}. */
export type TransformsAnswer =
  | TransformsDone
  | { ok: false; code: string; message: string; hint: string };
