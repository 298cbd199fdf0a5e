import { ADDRESS } from "../protocol/requests.ts";
import { RequestError, unknownWord } from "./request_error.ts";
import type { SlowPolicy } from "../protocol/slow_policy.ts";

/** Options of a connection from its address. */
export interface ConnectionQuery {
  format: "json" | "capnp";
  policy: SlowPolicy;
  /** Errors of invalid options; the defaults apply to these. */
  errors: RequestError[];
}

/** Whether frames may be compressed: opt-in by the address, because browsers always offer it. */
export function wantsDeflate(query: URLSearchParams): boolean {
  return query.has("compress") && ADDRESS.shape.compress.safeParse(query.get("compress")).success;
}

/** Parses the options of a connection. */
export function connectionQuery(
  query: URLSearchParams,
  policyDefault: SlowPolicy,
): ConnectionQuery {
  const errors: RequestError[] = [];
  const read = <T>(name: "format" | "policy", schema: OptionSchema<T>, fallback: T): T => {
    const text = query.get(name) ?? undefined;
    const { success, data } = schema.safeParse(text);
    if (success) return data ?? fallback;
    errors.push(unknownWord({ name, text: text ?? "", allowed: schema.unwrap().options }));
    return fallback;
  };
  const { format, policy, compress } = ADDRESS.shape;
  if (query.has("compress") && !wantsDeflate(query)) {
    const hint = `Allowed: ${compress.unwrap().options.join(", ")}`;
    errors.push(new RequestError("invalid_request", "The value of compress is unknown", { hint }));
  }
  return {
    format: read("format", format, "json"),
    policy: read("policy", policy, policyDefault),
    errors,
  };
}

interface OptionSchema<T> {
  safeParse(text: string | undefined): { success: boolean; data?: T | undefined };
  unwrap(): { options: readonly string[] };
}
