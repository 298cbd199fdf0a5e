import { SsmdError } from "@ssmd/runtime";

/** What was done with keys. */
type KeyAction =
  | "list"
  | "show"
  | "verify"
  | "check"
  | "init"
  | "set"
  | "rotate"
  | "delete"
  | "export"
  | "resolve";

/** An access to keys, as it is recorded in the journal; names only, never a value. */
export interface KeyAccess {
  action: KeyAction;
  environment: string;
  /** Names of the keys. */
  keys: string[];
  /** Names of the fields that were written, where not all. */
  fields?: string[];
  outcome: "done" | "refused";
  /** Code of the error, where it was refused. */
  code?: string;
}

/** Does something with keys and reports it, done or refused; what `body` throws goes on. */
export async function reported<T>(
  access: Omit<KeyAccess, "outcome" | "code">,
  report: (access: KeyAccess) => Promise<void>,
  body: () => Promise<T>,
): Promise<T> {
  let result: T;
  try {
    result = await body();
  } catch (error) {
    const code = error instanceof SsmdError ? error.code : "UNEXPECTED";
    await report({ ...access, outcome: "refused", code });
    throw error;
  }
  await report({ ...access, outcome: "done" });
  return result;
}
