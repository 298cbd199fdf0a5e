import { messageOf, SsmdError } from "@ssmd/runtime/errors";

/** Error answer of a service to a request over the bus. */
export interface ServiceRefusal {
  ok: false;
  code: string;
  message: string;
  hint: string;
}

/** Options of {@linkcode jsonResponder}. */
interface JsonResponder<Request, Done> {
  /** Code of an error without one, such as a request of another shape. */
  code: string;
  /** Returns the request; throws if it has another shape. */
  read: (request: unknown) => Request;
  act: (request: Request) => Promise<Done>;
}

/** Returns a handler of requests in JSON; an error becomes an answer with its code. */
export function jsonResponder<Request, Done extends { ok: true }>(
  { code: unexpected, read, act }: JsonResponder<Request, Done>,
): (payload: Uint8Array) => Promise<Uint8Array> {
  const [encoder, decoder] = [new TextEncoder(), new TextDecoder()];
  const tried = async (payload: Uint8Array): Promise<Done | ServiceRefusal> => {
    try {
      return await act(read(JSON.parse(decoder.decode(payload))));
    } catch (error) {
      const { code = unexpected, hint = "" } = error instanceof SsmdError ? error : {};
      return { ok: false, code, message: messageOf(error), hint };
    }
  };
  return async (payload) => encoder.encode(JSON.stringify(await tried(payload)));
}
