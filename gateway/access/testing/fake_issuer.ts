import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { decodeJwt, exportJWK, generateKeyPair, SignJWT } from "jose";

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
  /** Content that overrides that of the discovery document. */
  discovery?: Record<string, unknown>;
  /** HTTP status of the discovery document. */
  discoveryStatus?: number;
}

/** Secret of a confidential client, and how it must be sent. */
interface ClientSecret {
  value: string;
  sent: "client_secret_basic" | "client_secret_post";
}

/**
 * OpenID Connect issuer on loopback: serves its keys and a sign-in form, exchanges each code once
 * for a token, against the verifier of its challenge, remembers browsers, and signs them out.
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
  /** Secret of the client; absent = it is public. */
  secret: ClientSecret | undefined;
  /** Whether it remembers a browser that signed in, and signs it in again without asking. */
  remembers = false;
  /** Whether it offers sign-outs. */
  endsSessions = false;
  /** Queries of its sign-out endpoint. */
  readonly signOuts: URLSearchParams[] = [];
  #names = new Map<string, string>();
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
    if (pathname === "/authorize") return this.#authorize(searchParams, browserOf(request));
    if (pathname === "/sign-out") return this.#signOut(searchParams, browserOf(request));
    if (this.isAway) return new Response("away", { status: 503 });
    if (pathname === "/token") {
      const form = new URLSearchParams(await request.text());
      return await this.#exchange(form, request.headers.get("authorization"));
    }
    if (pathname === "/.well-known/openid-configuration") return this.#discovery();
    this.requests++;
    const keys = [...this.keys].map(async ([kid, { publicKey }]) => ({
      ...{ ...await exportJWK(publicKey), kid, alg: "RS256", use: "sig" },
    }));
    return Response.json({ keys: await Promise.all(keys) });
  }

  /** Serves the sign-in form; with a name, redirects the browser with a code. */
  #authorize(query: URLSearchParams, browser: string): Response {
    const get = (name: string) => query.get(name) ?? "";
    const isWrong = get("client_id") !== CLIENT_ID || get("redirect_uri") !== this.redirectUri ||
      get("response_type") !== "code" || get("code_challenge_method") !== "S256" ||
      !get("scope").split(" ").includes("openid");
    if (isWrong) return new Response("invalid_request", { status: 400 });
    const name = query.get("name") ?? this.#names.get(browser);
    if (name === undefined) return loginPage(query);
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
    const headers = new Headers({ location: back.href });
    if (this.remembers) {
      this.#names.set(browser, name);
      headers.set("set-cookie", `issuer=${browser}; HttpOnly; SameSite=Lax`);
    }
    return new Response(null, { status: 302, headers });
  }

  #discovery(): Response {
    const { discovery, discoveryStatus: status } = this.faults;
    if (status !== undefined) return new Response("{}", { status });
    const end = this.endsSessions ? { end_session_endpoint: `${this.url}/sign-out?tenant=1` } : {};
    return Response.json({ issuer: this.url, jwks_uri: `${this.url}/keys`, ...end, ...discovery });
  }

  /** Ends a browser's session if a token names it; returns only to the registered address. */
  #signOut(query: URLSearchParams, browser: string): Response {
    this.signOuts.push(query);
    const back = new URL("/sign-in", this.redirectUri).href;
    if (query.get("tenant") !== "1" || query.get("post_logout_redirect_uri") !== back) {
      return new Response("invalid_request", { status: 400 });
    }
    const { sub } = decodeJwt(query.get("id_token_hint") ?? "");
    if (sub !== this.#names.get(browser)) return new Response("Sign out?", { status: 200 });
    this.#names.delete(browser);
    return new Response(null, { status: 302, headers: { location: back } });
  }

  /** Whether the client proves itself, as the issuer's registration of it says. */
  #isClient(form: URLSearchParams, authorization: string | null): boolean {
    if (this.secret === undefined) return form.get("client_id") === CLIENT_ID;
    const { value, sent } = this.secret;
    if (sent === "client_secret_post") {
      return form.get("client_id") === CLIENT_ID && form.get("client_secret") === value &&
        authorization === null;
    }
    const pair = `${CLIENT_ID}:${encodeURIComponent(value).replaceAll("%20", "+")}`;
    return authorization === `Basic ${btoa(pair)}` && !form.has("client_secret");
  }

  async #exchange(form: URLSearchParams, authorization: string | null): Promise<Response> {
    const { status, token, claims } = this.faults;
    if (status !== undefined) {
      return new Response("{}", { status, headers: { location: "/elsewhere" } });
    }
    if (!this.#isClient(form, authorization)) {
      return Response.json({ error: "invalid_client" }, { status: 401 });
    }
    const grant = this.#grants.get(form.get("code") ?? "");
    this.#grants.delete(form.get("code") ?? "");
    const verifier = createHash("sha256").update(form.get("code_verifier") ?? "");
    const isGood = grant !== undefined && form.get("grant_type") === "authorization_code" &&
      form.get("redirect_uri") === grant.redirectUri &&
      verifier.digest("base64url") === grant.challenge;
    if (!isGood) return Response.json({ error: "invalid_grant" }, { status: 400 });
    const made = await this.token({ aud: CLIENT_ID, ...grant.claims, ...claims });
    const answer = { access_token: "opaque", token_type: "Bearer", id_token: token ?? made };
    return Response.json(answer, { headers: { "cache-control": "no-store" } });
  }
}

/** Returns the id of a browser: that of its cookie, or a new one. */
function browserOf(request: Request): string {
  return /issuer=([\w-]+)/.exec(request.headers.get("cookie") ?? "")?.[1] ?? crypto.randomUUID();
}

function loginPage(query: URLSearchParams): Response {
  const hidden = [...query].map(([name, value]) =>
    `<input type="hidden" name="${name}" value="${value.replaceAll('"', "&quot;")}">`
  ).join("");
  const body = `<!doctype html><title>Issuer</title><form action="/authorize">${hidden}` +
    `<label>Name <input id="name" name="name"></label><button>Go on</button></form>`;
  return new Response(body, { headers: { "content-type": "text/html" } });
}
