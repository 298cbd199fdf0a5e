import { suggestion } from "@ssmd/runtime";
import { shorten } from "../http/problem.ts";

/** Identifies a request in its answer; undefined = none given. */
export type RequestId = string | number | undefined;

/** Error of a refused request. */
export class RequestError {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  /** The request's id if it could be parsed. */
  readonly id: RequestId;

  constructor(code: string, message: string, { hint, id }: { hint: string; id?: RequestId }) {
    this.code = code;
    this.message = message;
    this.hint = hint;
    this.id = id;
  }
}

/** Returns the error of a word that is not allowed: `unknown_mode` for `mode`. */
export function unknownWord(
  { name, text, allowed }: { name: string; text: string; allowed: readonly string[] },
  id?: RequestId,
): RequestError {
  const shown = shorten(text);
  const hint = suggestion(shown, allowed);
  return new RequestError(`unknown_${name}`, `Unknown ${name} "${shown}"`, { hint, id });
}
