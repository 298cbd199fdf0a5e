import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import type { Reply } from "./reply.ts";
import type { RouteRequest } from "./route.ts";
import { acceptsGzip } from "./sending.ts";

const UTF8 = new TextEncoder();

/** A constant answer: encoded, compressed and hashed once, its bytes shared by all sockets. */
export class StaticBody {
  #plain: Uint8Array;
  #gzip: Uint8Array;
  #headers: Record<string, string>;

  constructor(body: string | Uint8Array, headers: Readonly<Record<string, string>>) {
    this.#plain = typeof body === "string" ? UTF8.encode(body) : body;
    this.#gzip = gzipSync(this.#plain, { level: 9 });
    const hash = createHash("sha256").update(this.#plain).digest("base64url").slice(0, 16);
    // Weak: same content compressed and uncompressed.
    this.#headers = { ...headers, etag: `W/"${hash}"`, vary: "accept-encoding" };
  }

  /** Returns the answer to a request, compressed when the client accepts it. */
  reply(headers: RouteRequest["headers"]): Reply<never> {
    if (!acceptsGzip(headers["accept-encoding"])) {
      return {
        status: 200,
        headers: { ...this.#headers, "content-encoding": "identity" },
        body: this.#plain,
      };
    }
    const packed = { ...this.#headers, "content-encoding": "gzip" };
    return { status: 200, headers: packed, body: this.#gzip };
  }
}
