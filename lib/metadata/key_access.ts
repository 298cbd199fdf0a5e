import { SsmdError } from "@ssmd/runtime";

/** Operation on keys. */
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

/** A key access as recorded in the journal; names only, never values. */
export interface KeyAccess {
  action: KeyAction;
  environment: string;
  /** Key names. */
  keys: string[];
  /** Names of the written fields, unless all. */
  fields?: string[];
  outcome: "done" | "refused";
  /** Error code, if refused. */
  code?: string;
}

/** Runs an operation on keys and reports its outcome; rethrows errors of `body`. */
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
