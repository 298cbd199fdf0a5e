/** What an error may carry besides its sentence. */
export interface SsmdErrorOptions {
  /** What to do next, one sentence. */
  hint?: string;
  /** Values that help to find the cause; never secrets. */
  context?: Record<string, unknown>;
  /** The error underneath. */
  cause?: unknown;
  /** Whether trying again later can help. */
  retryable?: boolean;
}

/**
 * The base of all errors that a person may meet: a code for programs, a sentence for people,
 * the context, and a hint of what to do next.
 */
export class SsmdError extends Error {
  /** Stable, upper snake case: `TRANSPORT_UNAVAILABLE`. */
  readonly code: string;
  /** What to do next; empty when there is nothing to say. */
  readonly hint: string;
  /** Values that help to find the cause. */
  readonly context: Record<string, unknown>;
  /** Whether trying again later can help. */
  readonly retryable: boolean;

  /** Makes an error of `code` that reads `message` to a person. */
  constructor(code: string, message: string, options: SsmdErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.hint = options.hint ?? "";
    this.context = options.context ?? {};
    this.retryable = options.retryable ?? false;
  }
}

/** The configuration or the command line is wrong; the program refuses to start. */
export class ConfigError extends SsmdError {}
/** The message bus refused or is away. */
export class TransportError extends SsmdError {}
/** A file or object could not be read or written. */
export class StorageError extends SsmdError {}
/** An archived file is damaged or does not balance. */
export class ArchiveError extends SsmdError {}
/** The cache refused or is away. */
export class CacheError extends SsmdError {}
/** The journal refused or is damaged. */
export class JournalError extends SsmdError {}
/** A venue refused, or sent what cannot be read. */
export class VenueError extends SsmdError {}
/** Bytes are no valid record of the expected type. */
export class CodecError extends SsmdError {}

/** Whether trying again later can help, as far as a thrown value says it. */
export function isRetryable(error: unknown): error is SsmdError {
  return error instanceof SsmdError && error.retryable;
}

/** The sentence of any thrown value. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The system's code of an I/O error (`ENOSPC`, `EADDRINUSE`, …), or "". */
export function systemCodeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" ? code : "";
}

/** Arguments contradict each other or name nothing that is there; a command ends with exit code 2. */
export class UsageError extends SsmdError {}
