import type { Buffer } from "node:buffer";
import type { IncomingMessage } from "node:http";
import type { z } from "zod";
import { GATEWAY_LIMITS } from "../limits.ts";
import { Problem, shorten } from "./problem.ts";
import type { Route } from "./route.ts";

/**
 * Returns the body of a request as its route requires: checked JSON, text, or undefined. Throws
 * {@linkcode Problem} (400, 413, 415).
 */
export async function bodyOf(request: IncomingMessage, { body, rawBody }: Route): Promise<unknown> {
  if (rawBody) return await textOf(request);
  if (body === undefined) return undefined;
  const type = request.headers["content-type"] ?? "application/json";
  if (!/^application\/(?:[\w.-]+\+)?json *(?:;|$)/i.test(type)) {
    const hint = "send JSON with content-type: application/json";
    throw new Problem("UNSUPPORTED_TYPE", "The body is no JSON by its type", { status: 415, hint });
  }
  return checkedBody(parseJson(await textOf(request)), body);
}

/** Returns a checked JSON body. Throws {@linkcode Problem} (400). */
export function checkedBody(value: unknown, schema: z.ZodType): unknown {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const where = issue?.path.join(".") || "the body";
  const what = issue?.code === "unrecognized_keys"
    ? `unknown: "${shorten(issue.keys.join(", "))}"`
    : issue?.message ?? "not what it must be";
  throw new Problem("INVALID_BODY", `${where}: ${what}`, {
    status: 400,
    hint: "The description is at /docs",
  });
}

async function textOf(request: IncomingMessage): Promise<string> {
  const most = GATEWAY_LIMITS.bodyBytesMax;
  const parts: string[] = [];
  let length = 0;
  const decoder = new TextDecoder();
  for await (const part of request as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > most) {
      throw new Problem("BODY_TOO_LARGE", "The body is too large", {
        status: 413,
        hint: `At most ${most} bytes`,
      });
    }
    parts.push(decoder.decode(part, { stream: true }));
  }
  return parts.join("") + decoder.decode();
}

function parseJson(text: string): unknown {
  if (text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    const hint = "send a JSON object";
    throw new Problem("INVALID_JSON", "The body cannot be read as JSON", { status: 400, hint });
  }
}
