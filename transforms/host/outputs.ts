import type { TransformOutput } from "@ssmd/market";
import { thrownText } from "@ssmd/sandbox/host";

/** Consumers may process nested values recursively. */
const DEPTH_MAX = 64;
const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** Converts a JavaScript value to an output. */
function outputOf(value: unknown): TransformOutput {
  if (value === undefined || value === null) return { skip: true };
  if (typeof value === "string") return { text: value };
  if (value instanceof Uint8Array) return { base64: base64Of(value) };
  if (typeof value === "function" || typeof value === "symbol" || typeof value === "bigint") {
    return { error: `it gave a ${typeof value}, which is neither text, bytes nor an object` };
  }
  if (typeof (value as { then?: unknown }).then === "function") {
    return { error: "it gave a promise: a transform answers at once" };
  }
  // Serialize here, so that an author's getters run inside the sandbox.
  const text = JSON.stringify(value) as string | undefined;
  if (text === undefined) return { skip: true };
  const json: unknown = JSON.parse(text);
  return isDeep(json, DEPTH_MAX) ? { error: "it is nested too deep" } : { json };
}

function isDeep(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return levels === 0 || Object.values(value).some((each) => isDeep(each, levels - 1));
}

/** Returns the output of a call; an exception becomes an error output. */
export function outputOfCall(call: () => unknown): TransformOutput {
  try {
    return outputOf(call());
  } catch (error) {
    return { error: thrownText(error) };
  }
}

/** Encodes Base64; the platform's encoder has been removed. */
function base64Of(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 3) {
    const [a = 0, b, c] = bytes.subarray(at, at + 3);
    text += BASE64.charAt(a >> 2) + BASE64.charAt((a & 3) << 4 | (b ?? 0) >> 4);
    text += b === undefined ? "=" : BASE64.charAt((b & 15) << 2 | (c ?? 0) >> 6);
    text += c === undefined ? "=" : BASE64.charAt(c & 63);
  }
  return text;
}
