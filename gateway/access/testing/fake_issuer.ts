import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { exportJWK, generateKeyPair, SignJWT } from "jose";

/** A key that signs tokens. */
export type SigningKey = Parameters<SignJWT["sign"]>[0];
type KeyPair = Awaited<ReturnType<typeof generateKeyPair>>;

/** The only client registered at the issuer. */
export const CLIENT_ID = "ssmd-page";

/** An issued authorization code and its user. */
interface Grant {
  claims: Record<string, unknown>;
  challenge: string;
  redirectUri: string;
}

/** Faults of the issuer, for tests of token validation. */
interface Faults {
  /** Claims that override those of the token. */
  claims?: Record<string, unknown>;
  /** Token that replaces the issued one. */
  token?: string;
  /** HTTP status of the token endpoint. */
  status?: number;
}

/**
 * OpenID Connect issuer on loopback: serves its keys and a sign-in form, and exchanges each code
 * once for a token, against the verifier of its challenge.
 */
export class FakeIssuer implements AsyncDisposable {
  readonly keys = new Map<string, KeyPair>();
  /** Claims of people by name. */
  readonly people = new Map<string, Record<string, unknown>>();
  /** Requests for its keys. */
  requests = 0;
  isAway = false;
  faults: Faults = {};
  /** The only allowed redirect URI. */
  redirectUri = "";
  #grants = new Map<string, Grant>();
  #server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => this.#answer(request),
  );

  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  async addKey(kid: string): Promise<KeyPair> {
    const pair = await generateKeyPair("RS256", { extractable: true });
    this.keys.set(kid, pair);
    return pair;
  }

  /** Returns a token of this issuer for `ssmd`; each part can be overridden. */
  async token(
    claims: Record<string, unknown> = { sub: "alice" },
    { key, kid = "one", alg = "RS256" }: { key?: SigningKey; kid?: string; alg?: string } = {},
  ): Promise<string> {
    const nowS = Math.floor(Date.now() / 1000);
    const all = { iss: this.url, aud: "ssmd", exp: nowS + 600, ...claims };
    const signer = key ?? this.keys.get(kid)?.privateKey;
    assert.ok(signer !== undefined);
    return await new SignJWT(all).setProtectedHeader({ alg, kid }).sign(signer);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }

  async #answer(request: Request): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/authorize") return this.#authorize(searchParams);
    if (this.isAway) return new Response("away", { status: 503 });
    if (pathname === "/token") {
      return await this.#exchange(new URLSearchParams(await request.text()));
    }
    this.requests++;
    const keys = [...this.keys].map(async ([kid, { publicKey }]) => ({
      ...{ ...await exportJWK(publicKey), kid, alg: "RS256", use: "sig" },
    }));
    return Response.json({ keys: await Promise.all(keys) });
  }

  /** Serves the sign-in form; with a name, redirects the browser with a code. */
  #authorize(query: URLSearchParams): Response {
    const get = (name: string) => query.get(name) ?? "";
    const isWrong = get("client_id") !== CLIENT_ID || get("redirect_uri") !== this.redirectUri ||
      get("response_type") !== "code" || get("code_challenge_method") !== "S256" ||
      !get("scope").split(" ").includes("openid");
    if (isWrong) return new Response("invalid_request", { status: 400 });
    const name = query.get("name");
    if (name === null) return loginPage(query);
    const back = new URL(this.redirectUri);
    back.searchParams.set("state", get("state"));
    back.searchParams.set("iss", this.url);
    const claims = this.people.get(name);
    if (claims === undefined) back.searchParams.set("error", "access_denied");
    else {
      const code = crypto.randomUUID();
      this.#grants.set(code, {
        claims: { sub: name, ...claims, nonce: get("nonce") },
        ...{ challenge: get("code_challenge"), redirectUri: this.redirectUri },
      });
      back.searchParams.set("code", code);
    }
    return new Response(null, { status: 302, headers: { location: back.href } });
  }

  async #exchange(form: URLSearchParams): Promise<Response> {
    const { status, token, claims } = this.faults;
    if (status !== undefined) {
      return new Response("{}", { status, headers: { location: "/elsewhere" } });
    }
    const grant = this.#grants.get(form.get("code") ?? "");
    this.#grants.delete(form.get("code") ?? "");
    const verifier = createHash("sha256").update(form.get("code_verifier") ?? "");
    const isGood = grant !== undefined && form.get("grant_type") === "authorization_code" &&
      form.get("client_id") === CLIENT_ID && form.get("redirect_uri") === grant.redirectUri &&
      verifier.digest("base64url") === grant.challenge;
    if (!isGood) return Response.json({ error: "invalid_grant" }, { status: 400 });
    const made = await this.token({ aud: CLIENT_ID, ...grant.claims, ...claims });
    const answer = { access_token: "opaque", token_type: "Bearer", id_token: token ?? made };
    return Response.json(answer, { headers: { "cache-control": "no-store" } });
  }
}

function loginPage(query: URLSearchParams): Response {
  const hidden = [...query].map(([name, value]) =>
    `<input type="hidden" name="${name}" value="${value.replaceAll('"', "&quot;")}">`
  ).join("");
  const body = `<!doctype html><title>Issuer</title><form action="/authorize">${hidden}` +
    `<label>Name <input id="name" name="name"></label><button>Go on</button></form>`;
  return new Response(body, { headers: { "content-type": "text/html" } });
}
