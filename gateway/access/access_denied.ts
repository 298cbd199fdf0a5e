import { SsmdError } from "@ssmd/runtime";

/** Details of an {@linkcode AccessDenied}. */
interface AccessDeniedOptions {
  /** 401 no valid key, 403 known but not allowed, 429 too many, 503 cannot be checked now. */
  status: 401 | 403 | 429 | 503;
  /** What to do next. */
  hint: string;
  /** Seconds after which a retry may succeed. */
  retryAfterS?: number;
}

/**
 * A request or stream is denied. The message never repeats a credential. `status` is the HTTP status;
 * streams are closed with 4000 + status.
 */
export class AccessDenied extends SsmdError {
  readonly status: 401 | 403 | 429 | 503;
  readonly retryAfterS: number | undefined;

  constructor(code: string, message: string, options: AccessDeniedOptions) {
    const { status, hint, retryAfterS } = options;
    super(code, message, { hint, retryable: retryAfterS !== undefined });
    this.status = status;
    this.retryAfterS = retryAfterS;
  }

  /** Close code of a stream. */
  get closeCode(): number {
    return 4000 + this.status;
  }

  /** Additional headers of the answer. */
  get headers(): Record<string, string> {
    if (this.status === 401) return { "www-authenticate": 'Bearer realm="ssmd"' };
    return this.retryAfterS === undefined ? {} : { "retry-after": String(this.retryAfterS) };
  }
}
