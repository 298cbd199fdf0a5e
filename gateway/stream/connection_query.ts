import { suggestion } from "@ssmd/runtime";
import { RequestError } from "./request_error.ts";
import { SLOW_POLICIES, type SlowPolicy } from "./slow_policy.ts";

/** Parts of the address that hold for the whole connection. */
export const CONNECTION_FIELDS: readonly string[] = ["format", "compress", "policy", "ticket"];

/** What the address of a connection chooses for as long as it lasts. */
export interface ConnectionQuery {
  format: "json" | "capnp";
  policy: SlowPolicy;
  /** What of it cannot be; the rest holds, and defaults in its place. */
  errors: RequestError[];
}

/** Whether frames may be compressed: asked for in the address, as browsers always offer it. */
export function wantsDeflate(query: URLSearchParams): boolean {
  return ["1", "true", "deflate"].includes(query.get("compress") ?? "");
}

/** Reads the address of a connection. */
export function connectionQuery(
  query: URLSearchParams,
  policyDefault: SlowPolicy,
): ConnectionQuery {
  const errors: RequestError[] = [];
  const format = query.get("format") ?? "json";
  if (format !== "json" && format !== "capnp") {
    const text = format.slice(0, 64);
    const hint = suggestion(text, ["json", "capnp"]);
    errors.push(new RequestError("unknown_format", `unknown format "${text}"`, hint));
  }
  const policy = checkPolicy(query.get("policy") ?? policyDefault);
  if (policy instanceof RequestError) errors.push(policy);
  return {
    format: format === "capnp" ? "capnp" : "json",
    policy: policy instanceof RequestError ? policyDefault : policy,
    errors,
  };
}

/** Checks the name of a policy. */
export function checkPolicy(
  value: unknown,
  id?: string | number,
): SlowPolicy | RequestError {
  const known = SLOW_POLICIES.find((policy) => policy === value);
  if (known !== undefined) return known;
  if (value === "block") {
    const hint = `choose one of: ${SLOW_POLICIES.join(", ")}`;
    const message = "block is not for clients: the live market waits for nobody";
    return new RequestError("unknown_policy", message, hint, id);
  }
  const text = String(value).slice(0, 64);
  const hint = suggestion(text, SLOW_POLICIES);
  return new RequestError("unknown_policy", `unknown policy "${text}"`, hint, id);
}
