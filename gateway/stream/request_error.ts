import { suggestion } from "@ssmd/runtime";

/** Identifies a request in its answer; undefined = the client gave none. */
export type RequestId = string | number | undefined;

/** Why a request is refused. */
export class RequestError {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  /** The request's id, as far as it could be read. */
  readonly id: RequestId;

  constructor(code: string, message: string, { hint, id }: { hint: string; id?: RequestId }) {
    this.code = code;
    this.message = message;
    this.hint = hint;
    this.id = id;
  }
}

/** The error of a text that is none of the allowed ones: `unknown_mode` for `mode`. */
export function unknownWord(
  { name, text, allowed }: { name: string; text: string; allowed: readonly string[] },
  id?: RequestId,
): RequestError {
  const shown = shorten(text);
  const hint = suggestion(shown, allowed);
  return new RequestError(`unknown_${name}`, `Unknown ${name} "${shown}"`, { hint, id });
}

/** A text of a client, cut to what an error may repeat. */
export function shorten(text: string): string {
  return text.length <= 64 ? text : `${text.slice(0, 64)}…`;
}
