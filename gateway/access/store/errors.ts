import type { Database } from "@ssmd/database";
import { messageOf, SsmdError, StorageError } from "@ssmd/runtime";

/** The accounts changed concurrently. */
export function storeChangedError(): StorageError {
  return new StorageError("CLIENT_STORE_CHANGED", "The clients were changed by somebody else", {
    hint: "Try again",
    retryable: true,
  });
}

/** The error of an operation that the database refused. */
export function storeError(cause: unknown, database: Database): SsmdError {
  const { where } = database;
  switch (database.faultOf(cause)) {
    case "away":
      return storeAwayError(cause, where);
    case "busy":
      return new StorageError("CLIENT_STORE_BUSY", "The store of clients is in use by another", {
        ...{ cause, context: { where }, retryable: true },
        hint: "Try again in a moment",
      });
    case "closed":
      return new StorageError("CLIENT_STORE_CLOSED", "The store of clients is closed", {
        ...{ cause, hint: "It is closed with the gateway or the command that opened it" },
      });
    case "failed":
      return storeFailedError(cause, where);
  }
}

/** The error of a database that refuses. */
export function storeFailedError(cause: unknown, where: string): SsmdError {
  if (cause instanceof SsmdError) return cause;
  const sentence = `The store of clients refused: ${messageOf(cause)}`;
  return new StorageError("CLIENT_STORE_FAILED", sentence, {
    ...{ cause, context: { where } },
    hint: `Check ${where}: that it can be written, and that its disk is not full`,
  });
}

/** The error of a database that does not answer; what was under way may be done or not. */
export function storeAwayError(cause: unknown, where: string): StorageError {
  const sentence = `The store of clients does not answer: ${messageOf(cause)}`;
  return new StorageError("CLIENT_STORE_AWAY", sentence, {
    ...{ cause, context: { where }, retryable: true },
    hint: `Check that ${where} runs and is reached; the last change may be done or not`,
  });
}

/** The store was written by a newer version of the software. */
export function storeNewer(where: string, found: number, known: number): StorageError {
  return new StorageError(
    "CLIENT_STORE_NEWER",
    `${where} has schema ${found}, this version knows ${known}`,
    { context: { where, found, known }, hint: "Use the newer version of ssmd that wrote it" },
  );
}
