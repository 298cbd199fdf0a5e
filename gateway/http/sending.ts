import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { GATEWAY_LIMITS } from "../limits.ts";
import type { Reply } from "./reply.ts";

const UTF8 = new TextEncoder();
const packed = promisify(gzip);
const COMPRESSIBLE = /^(?:application\/(?:[\w.-]+\+)?json|text\/|image\/svg)/;
/** Compression level: JSON shrinks to a tenth in a third of the default level's time. */
const LEVEL = 2;

/** Sends an answer: with an ETag, as 304 when the client has it, compressed when worth it. */
export async function send(
  request: IncomingMessage,
  response: ServerResponse,
  reply: Reply,
): Promise<void> {
  const headers: Record<string, string> = {
    "x-content-type-options": "nosniff",
    "cache-control": reply.status === 200 ? "private, no-cache" : "no-store",
    ...reply.headers,
  };
  if (reply.body instanceof ReadableStream) {
    return await pump(reply.body, response, { ...reply, headers });
  }
  let body = typeof reply.body === "string" ? UTF8.encode(reply.body) : reply.body;
  if (reply.status === 200 && headers["cache-control"] !== "no-store") {
    // Weak: same content compressed and uncompressed.
    headers["etag"] ??= `W/"${createHash("sha1").update(body).digest("base64url")}"`;
    if (isKnown(request.headers["if-none-match"], headers["etag"])) {
      return finish(response, { status: 304, headers: withoutContent(headers), body: "" });
    }
  }
  // Prepared bodies set content-encoding; "identity" only marks them and is not sent.
  const isPrepared = headers["content-encoding"] !== undefined;
  if (headers["content-encoding"] === "identity") delete headers["content-encoding"];
  if (!isPrepared && isWorthPacking(body, headers)) {
    headers["vary"] = "accept-encoding";
    if (acceptsGzip(request.headers["accept-encoding"])) {
      body = await packed(body, { level: LEVEL });
      headers["content-encoding"] = "gzip";
    }
  }
  if (reply.status !== 204) headers["content-length"] = String(body.length);
  finish(response, { ...reply, headers, body: request.method === "HEAD" ? "" : body });
}

/** Sends a stream until it ends or the client disconnects. */
async function pump(
  body: ReadableStream<Uint8Array>,
  response: ServerResponse,
  { status, headers }: Reply,
): Promise<void> {
  const reader = body.getReader();
  const leave = () => void reader.cancel().catch(() => {});
  response.on("close", leave);
  if (response.destroyed) return leave();
  response.writeHead(status, headers);
  response.flushHeaders();
  for (;;) {
    const { done, value } = await reader.read();
    if (done || response.destroyed) break;
    if (!response.write(value)) await waitUntilDrained(response);
  }
  response.off("close", leave);
  response.end();
}

function waitUntilDrained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      response.off("drain", end);
      response.off("close", end);
      resolve();
    };
    response.on("drain", end);
    response.on("close", end);
  });
}

/** An answer that is not a stream. */
interface WholeReply extends Reply {
  body: string | Uint8Array;
}

function finish(response: ServerResponse, { status, headers, body }: WholeReply): void {
  if (response.destroyed) return;
  response.writeHead(status, headers);
  if (body.length === 0) response.end();
  else response.end(body);
}

function withoutContent(headers: Record<string, string>): Record<string, string> {
  const { "content-type": _, ...rest } = headers;
  return { ...rest, vary: "accept-encoding" };
}

/** Whether the client has this content; `If-None-Match` compares weakly. */
function isKnown(given: string | undefined, etag: string): boolean {
  if (given === undefined) return false;
  if (given.trim() === "*") return true;
  const opaque = etag.replace(/^W\//, "");
  return given.split(",").some((tag) => tag.trim().replace(/^W\//, "") === opaque);
}

function isWorthPacking(body: Uint8Array, headers: Record<string, string>): boolean {
  return body.length >= GATEWAY_LIMITS.gzipBytesMin &&
    COMPRESSIBLE.test(headers["content-type"] ?? "");
}

/** Whether `gzip` (or `*`) is accepted with a quality above 0. */
export function acceptsGzip(header: string | string[] | undefined): boolean {
  let any = false;
  for (const item of String(header ?? "").split(",")) {
    const [coding = "", ...parameters] = item.trim().toLowerCase().split(";");
    const quality = parameters.map((part) => /^\s*q=([\d.]+)\s*$/.exec(part)?.[1]).find(Boolean);
    const accepted = quality === undefined || Number(quality) > 0;
    if (coding === "gzip" || coding === "x-gzip") return accepted;
    if (coding === "*") any = accepted;
  }
  return any;
}
