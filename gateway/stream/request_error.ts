/** Why a request is refused. */
export class RequestError {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  /** The request's id, as far as it could be read. */
  id: string | number | undefined;

  constructor(code: string, message: string, hint: string, id?: string | number) {
    this.code = code;
    this.message = message;
    this.hint = hint;
    this.id = id;
  }
}
