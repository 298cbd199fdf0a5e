import assert from "node:assert/strict";
import { gunzipSync } from "node:zlib";
import { request as httpRequest } from "node:http";
import { openAccess } from "../access/access.ts";
import { keylessAuthenticator } from "../access/authenticator.ts";
import { GATEWAY_LIMITS } from "../limits.ts";
import { type GatewayRig, withGateway } from "../testing/gateway_rig.ts";

interface Raw {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: Uint8Array;
}

/** An answer as it comes over the wire: `fetch` unpacks and asks for things by itself. */
function raw(url: string, headers: Record<string, string> = {}, method = "GET"): Promise<Raw> {
  return new Promise((resolve, reject) => {
    const requested = httpRequest(url, { method, headers }, (answer) => {
      const parts: Uint8Array[] = [];
      answer.on("data", (part: Uint8Array) => parts.push(part));
      answer.on("end", () => {
        const body = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
        parts.reduce((at, part) => (body.set(part, at), at + part.length), 0);
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body });
      });
    });
    requested.on("error", reject);
    requested.end();
  });
}

function manyTrades({ connector }: GatewayRig): void {
  for (let i = 1; i <= 200; i++) connector.trade("BTCUSD", i);
}

const SPAN = "from=2026-01-01&to=2026-12-31&limit=200";

Deno.test("an answer that the client has is told by 304, a changed one is sent", () =>
  withGateway(async (rig) => {
    const url = `${rig.gateway.url}/v1/symbols`;
    const first = await raw(url);
    const etag = String(first.headers["etag"]);
    assert.match(etag, /^W\/"[\w-]+"$/);
    assert.equal(first.headers["cache-control"], "private, no-cache");
    const again = await raw(url, { "if-none-match": `"other", ${etag}` });
    assert.deepEqual([again.status, again.body.length], [304, 0]);
    assert.equal(again.headers["etag"], etag);
    rig.connector.trade("NEW", 1);
    assert.equal((await raw(url, { "if-none-match": etag })).status, 200);
  }));

Deno.test("large answers are packed for those who can unpack, small ones never", () =>
  withGateway(async (rig) => {
    manyTrades(rig);
    const url = `${rig.gateway.url}/v1/markets/BTCUSD/trades?${SPAN}`;
    const plain = await raw(url);
    const packed = await raw(url, { "accept-encoding": "br, gzip" });
    assert.equal(packed.headers["content-encoding"], "gzip");
    assert.equal(plain.headers["content-encoding"], undefined);
    for (const { headers } of [plain, packed]) assert.equal(headers["vary"], "accept-encoding");
    assert.deepEqual(new Uint8Array(gunzipSync(packed.body)), plain.body);
    assert.equal(packed.headers["etag"], plain.headers["etag"]);
    assert.ok(packed.body.length * 4 < plain.body.length);
    const refused = await raw(url, { "accept-encoding": "gzip;q=0, *;q=0" });
    assert.equal(refused.headers["content-encoding"], undefined);
    const small = await raw(`${rig.gateway.url}/health`, { "accept-encoding": "gzip" });
    assert.equal(small.headers["content-encoding"], undefined);
  }));

Deno.test("HEAD has the headers of GET and no body, OPTIONS says what is allowed", () =>
  withGateway(async ({ gateway }) => {
    const url = `${gateway.url}/v1/symbols`;
    const [get, head] = [await raw(url), await raw(url, {}, "HEAD")];
    assert.equal(head.body.length, 0);
    for (const name of ["content-type", "content-length", "etag", "cache-control"]) {
      assert.equal(head.headers[name], get.headers[name], name);
    }
    const options = await raw(url, {}, "OPTIONS");
    assert.deepEqual([options.status, options.headers["allow"]], [204, "GET, HEAD, OPTIONS"]);
    const post = await raw(`${gateway.url}/v1/admin/clients/1/disconnect`, {}, "GET");
    assert.deepEqual([post.status, post.headers["allow"]], [405, "POST, OPTIONS"]);
  }));

Deno.test("addresses and headers have their limits, each with a problem of its own", () =>
  withGateway(async ({ gateway }) => {
    const code = async (path: string, headers: Record<string, string> = {}) => {
      const { status, body } = await raw(gateway.url + path, headers);
      return [status, JSON.parse(new TextDecoder().decode(body)).code];
    };
    const long = `/v1/markets?search=${"a".repeat(GATEWAY_LIMITS.urlCharactersMax)}`;
    assert.deepEqual(await code(long), [414, "URL_TOO_LONG"]);
    const large = { "x-large": "a".repeat(GATEWAY_LIMITS.headerBytesMax) };
    assert.deepEqual(await code("/v1/markets", large), [431, "HEADERS_TOO_LARGE"]);
  }));

Deno.test("pages of other origins may read where a key proves who asks, and nowhere else", async () => {
  await withGateway(async ({ gateway }) => {
    const { headers } = await raw(`${gateway.url}/v1/symbols`, { origin: "https://other.example" });
    assert.equal(headers["access-control-allow-origin"], undefined);
  });
  const authenticator = {
    ...keylessAuthenticator({ host: "127.0.0.1" }),
    mode: "required" as const,
    admit: () => Promise.resolve(openAccess("viewer")),
  };
  await withGateway(
    async ({ gateway }) => {
      const origin = { origin: "https://other.example" };
      const { headers } = await raw(`${gateway.url}/v1/symbols`, origin);
      assert.equal(headers["access-control-allow-origin"], "*");
      assert.equal(headers["access-control-allow-credentials"], undefined);
      const requested = { ...origin, "access-control-request-method": "GET" };
      const preflight = await raw(`${gateway.url}/v1/symbols`, requested, "OPTIONS");
      assert.equal(preflight.status, 204);
      assert.equal(preflight.headers["access-control-allow-methods"], "GET, HEAD, POST");
      assert.match(String(preflight.headers["access-control-allow-headers"]), /authorization/);
    },
    true,
    { authenticator },
  );
});
