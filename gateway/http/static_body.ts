import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import type { Reply } from "./reply.ts";
import type { RouteRequest } from "./route.ts";
import { acceptsGzip } from "./sending.ts";

const UTF8 = new TextEncoder();

/** An answer that stays the same: encoded, packed and hashed once, its bytes shared by all sockets. */
export class StaticBody {
  #plain: Uint8Array;
  #gzip: Uint8Array;
  #headers: Record<string, string>;

  constructor(body: string | Uint8Array, headers: Readonly<Record<string, string>>) {
    this.#plain = typeof body === "string" ? UTF8.encode(body) : body;
    this.#gzip = gzipSync(this.#plain, { level: 9 });
    const hash = createHash("sha256").update(this.#plain).digest("base64url").slice(0, 16);
    // Weak: the same content packed and unpacked.
    this.#headers = { ...headers, etag: `W/"${hash}"`, vary: "accept-encoding" };
  }

  /** The answer to a request, packed where it can be unpacked. */
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
