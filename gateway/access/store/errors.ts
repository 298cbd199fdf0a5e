import { messageOf, StorageError } from "@ssmd/runtime";

/** The accounts changed concurrently. */
export function storeChangedError(): StorageError {
  return new StorageError("CLIENT_STORE_CHANGED", "The clients were changed by somebody else", {
    hint: "Try again",
    retryable: true,
  });
}

/** The store was closed. */
export function storeClosedError(): StorageError {
  return new StorageError("CLIENT_STORE_CLOSED", "The store of clients is closed", {
    hint: "It is closed with the gateway or the command that opened it",
  });
}

/** The error of a failed store operation. */
export function storeFailedError(cause: unknown, where: string): StorageError {
  const why = messageOf(cause);
  if (cause instanceof StorageError) return cause;
  if (/database is locked|database table is locked/.test(why)) {
    return new StorageError("CLIENT_STORE_BUSY", "The store of clients is in use by another", {
      ...{ cause, context: { where }, retryable: true },
      hint: "Try again in a moment",
    });
  }
  return new StorageError("CLIENT_STORE_FAILED", `The store of clients refused: ${why}`, {
    ...{ cause, context: { where } },
    hint: `Check ${where}: that it can be written, and that its disk is not full`,
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
