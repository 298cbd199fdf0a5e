/** Optional details of an error. */
export interface SsmdErrorOptions {
  /** What to do next, in one sentence. */
  hint?: string;
  /** Values that help to find the cause; never secrets. */
  context?: Record<string, unknown>;
  /** The error underneath. */
  cause?: unknown;
  /** Whether a retry can succeed. */
  retryable?: boolean;
}

/**
 * Base of all errors shown to people: a code for programs, a message for people, context values,
 * and a hint on what to do next.
 */
export class SsmdError extends Error {
  /** Stable, upper snake case: `TRANSPORT_UNAVAILABLE`. */
  readonly code: string;
  /** What to do next; "" = none. */
  readonly hint: string;
  /** Values that help to find the cause. */
  readonly context: Record<string, unknown>;
  /** Whether a retry can succeed. */
  readonly retryable: boolean;

  /** Creates an error with a code for programs and a message for people. */
  constructor(code: string, message: string, options: SsmdErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.hint = options.hint ?? "";
    this.context = options.context ?? {};
    this.retryable = options.retryable ?? false;
  }
}

/** Invalid configuration or command line; the program does not start. */
export class ConfigError extends SsmdError {}
/** The message bus rejected a request or is unavailable. */
export class TransportError extends SsmdError {}
/** A file or object could not be read or written. */
export class StorageError extends SsmdError {}
/** An archived file is corrupt or inconsistent. */
export class ArchiveError extends SsmdError {}
/** The cache rejected a request or is unavailable. */
export class CacheError extends SsmdError {}
/** The journal rejected a request or is corrupt. */
export class JournalError extends SsmdError {}
/** A venue rejected a request or sent unreadable data. */
export class VenueError extends SsmdError {}
/** Bytes are not a valid record of the expected type. */
export class CodecError extends SsmdError {}

/** Returns whether a thrown value is marked as retryable. */
export function isRetryable(error: unknown): error is SsmdError {
  return error instanceof SsmdError && error.retryable;
}

/** Returns the message of any thrown value. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Returns the system code of an I/O error (`ENOSPC`, `EADDRINUSE`, …), or "". */
export function systemCodeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" ? code : "";
}

/** Contradictory arguments, or ones that name nothing existing; a command exits with code 2. */
export class UsageError extends SsmdError {}
