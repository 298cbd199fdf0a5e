import { messageOf, refusalHint, refusalIn, StorageError, systemCodeOf } from "@ssmd/runtime";
import { FULL, notFound } from "./errors.ts";

/** Target of a request. */
export interface S3Object {
  /** Object key as named by the caller, or a list's prefix. */
  key: string;
  bucket: string;
  endpoint: string;
  region: string;
}

/** A failed request: its error, and whether it may be retried. */
export interface S3Failure {
  error: StorageError;
  again: boolean;
  /** The service's code, `NoSuchUpload`; "" = no response. */
  s3Code: string;
}

interface Meaning {
  code: string;
  sentence: string;
  hint: string;
  /** Whether a later retry can succeed. */
  retryable?: true;
  /** Whether an immediate retry is allowed. */
  again?: true;
}

const UNAVAILABLE: Meaning = {
  code: "STORAGE_UNAVAILABLE",
  sentence: "The storage fails or does not answer",
  hint: "See that the S3 server runs and can be reached; writing resumes by itself",
  retryable: true,
  again: true,
};
const DAMAGED: Meaning = {
  ...UNAVAILABLE,
  sentence: "The bytes did not arrive as they were sent",
  hint: "Look at the network between here and the S3 server",
};
const UNAUTHORIZED: Meaning = {
  code: "STORAGE_UNAUTHORIZED",
  sentence: "The storage refuses these credentials",
  hint: "Check access_key, secret_key and what the key may do with the bucket",
};
const UNKNOWN_KEY: Meaning = {
  ...UNAUTHORIZED,
  sentence: "The storage does not know this access key",
  hint: "Check access_key; on AWS also that the session has not expired",
};
const WRONG_SECRET: Meaning = {
  ...UNAUTHORIZED,
  sentence: "The storage refuses the signature",
  hint: "Check secret_key, and the region: it must be the server's own",
};
const WRONG_REGION: Meaning = {
  ...UNAUTHORIZED,
  sentence: "The storage is of another region or address",
  hint: "Set region and endpoint as the server has them",
};
const WRONG_CLOCK: Meaning = {
  ...UNAUTHORIZED,
  sentence: "The clocks of this machine and of the storage differ too much",
  hint: "Set this machine's clock",
  // The SDK takes the server's time from the error and uses it to sign the next request.
  again: true,
};
const NOT_ALLOWED: Meaning = {
  code: "STORAGE_NOT_ALLOWED",
  sentence: "This process may not reach the storage",
  hint: "",
};
const BUCKET_MISSING: Meaning = {
  code: "BUCKET_MISSING",
  sentence: "There is no such bucket",
  hint: "Create the bucket or correct its name in the environment",
};
const OTHER: Meaning = {
  code: "STORAGE_FAILED",
  sentence: "The storage refused",
  hint: "Look at the S3 server's log under the request's id",
};

/** Codes for a missing object; the last is that of a HEAD, which has no body. */
const ABSENT: ReadonlySet<string> = new Set(["NoSuchKey", "NoSuchVersion", "NotFound"]);

const BY_NAME: Record<string, Meaning> = {
  AccessDenied: UNAUTHORIZED,
  InvalidAccessKeyId: UNKNOWN_KEY,
  XAdminUserNotFound: UNKNOWN_KEY,
  ExpiredToken: UNKNOWN_KEY,
  InvalidToken: UNKNOWN_KEY,
  SignatureDoesNotMatch: WRONG_SECRET,
  AuthorizationHeaderMalformed: WRONG_REGION,
  PermanentRedirect: WRONG_REGION,
  RequestTimeTooSkewed: WRONG_CLOCK,
  NoSuchBucket: BUCKET_MISSING,
  BadDigest: DAMAGED,
  IncompleteBody: DAMAGED,
  XAmzContentSHA256Mismatch: DAMAGED,
  XAmzContentChecksumMismatch: DAMAGED,
  RequestTimeout: UNAVAILABLE,
  RequestTimeoutException: UNAVAILABLE,
  ConditionalRequestConflict: UNAVAILABLE,
  OperationAborted: UNAVAILABLE,
  SlowDown: UNAVAILABLE,
  QuotaExceeded: FULL,
  XMinioStorageFull: FULL,
  XMinioAdminBucketQuotaExceeded: FULL,
};

/** Classifies a failed request. Drops the SDK's error, which may contain key and signature. */
export function s3FailureOf(thrown: unknown, object: S3Object): S3Failure {
  if (thrown instanceof StorageError) {
    return { error: thrown, again: thrown.code === UNAVAILABLE.code, s3Code: "" };
  }
  const { name = "", status, requestId } = answerOf(thrown);
  const { key, bucket } = object;
  if (status === 404 && ABSENT.has(name)) {
    return { error: notFound(key, `s3://${bucket}`), again: false, s3Code: name };
  }
  const meaning = status === undefined ? unanswered(thrown) : BY_NAME[name] ?? byStatus(status);
  const detail = status === undefined ? connectionText(thrown) : `${name}, status ${status}`;
  const error = new StorageError(
    meaning.code,
    `${meaning.sentence}: "${key}" in s3://${bucket} at ${object.endpoint} (${detail})`,
    {
      context: { ...object, s3Code: name, status, requestId },
      hint: meaning.hint,
      retryable: meaning.retryable ?? false,
      ...(status === undefined ? { cause: thrown } : {}),
    },
  );
  return { error, again: meaning.again ?? false, s3Code: status === undefined ? "" : name };
}

/** Returns the error for a body that does not match its checksum or length. */
export function corruptionError(what: string, object: S3Object): StorageError {
  const { code, hint } = DAMAGED;
  const { key, bucket, endpoint } = object;
  return new StorageError(code, `${what}: "${key}" in s3://${bucket} at ${endpoint}`, {
    context: { ...object },
    hint,
    retryable: true,
  });
}

function unanswered(thrown: unknown): Meaning {
  const refusal = refusalIn(thrown);
  if (refusal === undefined) return UNAVAILABLE;
  return { ...NOT_ALLOWED, hint: `${refusalHint(refusal)}` };
}

function byStatus(status: number): Meaning {
  if (status === 401 || status === 403) return UNAUTHORIZED;
  if (status === 301 || status === 307) return WRONG_REGION;
  if (status === 507) return FULL;
  // 2xx = the body could not be read.
  return status < 300 || status >= 500 || status === 408 || status === 429 ? UNAVAILABLE : OTHER;
}

interface Answer {
  name?: string;
  status?: number;
  requestId?: string;
}

function answerOf(thrown: unknown): Answer {
  if (typeof thrown !== "object" || thrown === null) return {};
  const { name, $metadata, $response } = thrown as {
    name?: string;
    $metadata?: { httpStatusCode?: number; requestId?: string };
    $response?: { statusCode?: number };
  };
  const status = $metadata?.httpStatusCode ?? $response?.statusCode;
  const requestId = $metadata?.requestId;
  return {
    ...(name === undefined ? {} : { name }),
    ...(status === undefined ? {} : { status }),
    ...(requestId === undefined ? {} : { requestId }),
  };
}

/** Returns the innermost message of a failed connection without its URL, which may be signed. */
function connectionText(thrown: unknown): string {
  let innermost = thrown;
  while (innermost instanceof Error && innermost.cause instanceof Error) {
    innermost = innermost.cause;
  }
  const systemCode = systemCodeOf(innermost);
  if (systemCode !== "") return systemCode;
  return messageOf(innermost).replace(/\s*\(?https?:\/\/\S+/g, "");
}
