import { SsmdError } from "@ssmd/runtime";

/** What a {@linkcode AccessDenied} may carry besides its sentence. */
export interface AccessDeniedOptions {
  /** What to do next. */
  hint: string;
  /** Seconds after which the same request may be let in. */
  retryAfterS?: number;
}

/**
 * Why somebody is not let in or not let go on. It never repeats what was sent in place of a key.
 * `status` is the HTTP status; a stream is closed with 4000 + status.
 */
export class AccessDenied extends SsmdError {
  /** 401 no or no valid key, 403 known but not allowed, 429 too much. */
  readonly status: 401 | 403 | 429;
  /** Seconds after which it may be tried again. */
  readonly retryAfterS: number | undefined;

  /** Makes a refusal of `code` that reads `message` to a person. */
  constructor(
    status: 401 | 403 | 429,
    code: string,
    message: string,
    options: AccessDeniedOptions,
  ) {
    super(code, message, { hint: options.hint, retryable: options.retryAfterS !== undefined });
    this.status = status;
    this.retryAfterS = options.retryAfterS;
  }

  /** The code with which a stream that is refused on its way is closed. */
  get closeCode(): number {
    return 4000 + this.status;
  }

  /** Headers that belong to the answer. */
  get headers(): Record<string, string> {
    if (this.status === 401) return { "www-authenticate": 'Bearer realm="ssmd"' };
    return this.retryAfterS === undefined ? {} : { "retry-after": String(this.retryAfterS) };
  }
}
