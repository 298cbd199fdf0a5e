import { createHash } from "node:crypto";
import type { GatewaySpec } from "@ssmd/metadata";
import { type Logger, messageOf } from "@ssmd/runtime";
import { z } from "zod";
import { AccessDenied } from "./access_denied.ts";
import { randomLetters } from "./api_key.ts";
import { IssuerSignOut } from "./issuer_sign_out.ts";
import { TOKEN_LIMITS } from "./limits.ts";
import type { ProvenToken, TokenCheck } from "./token_check.ts";

type OidcSpec = NonNullable<GatewaySpec["oidc"]>;
/** Settings of browser sign-in at an issuer. */
type SignInSpec = NonNullable<OidcSpec["sign_in"]>;

/** Options of {@linkcode IssuerSignIn}. */
interface IssuerSignInOptions {
  tokens: TokenCheck;
  logger: Logger;
  /** Returns the current secret of a confidential client; absent = a public client. */
  clientSecret?: (() => Promise<string>) | undefined;
  /** ms since 1970; default the system's clock. */
  now?: () => number;
}

/** A started sign-in. */
export interface BegunSignIn {
  /** URL to which the browser is redirected. */
  address: string;
  /** State that the browser keeps secret until it returns. */
  kept: string;
}

/** Values with which a browser returns. */
interface Callback {
  query: URLSearchParams;
  /** The kept state; undefined = none. */
  kept: string | undefined;
}

/** A person's proven token. */
interface FinishedSignIn extends ProvenToken {
  /** The token itself, for the sign-out at the issuer; undefined = too long to be in an address. */
  idToken: string | undefined;
}

const LETTERS = 43;
const TOKENS = z.object({ id_token: z.string() });
const FAILURE = z.object({ error: z.string() });

/**
 * Signs people in at a token issuer (OpenID Connect): authorization code with PKCE, state and
 * nonce. The gateway is stateless between the two steps: the browser keeps the state in a cookie,
 * so any gateway can finish a sign-in, and callers cannot fill its memory.
 */
export class IssuerSignIn {
  #issuer: string;
  #spec: SignInSpec;
  #options: IssuerSignInOptions;
  #signOut: IssuerSignOut;

  constructor({ issuer }: OidcSpec, spec: SignInSpec, options: IssuerSignInOptions) {
    this.#issuer = issuer;
    this.#spec = spec;
    this.#options = options;
    const { logger, now = Date.now } = options;
    const returnUrl = new URL("/sign-in", spec.redirect_url).href;
    this.#signOut = new IssuerSignOut({
      ...{ issuer, clientId: spec.client_id, returnUrl, logger, now },
    });
  }

  /** Host at which people sign in, for display. */
  get host(): string {
    return new URL(this.#spec.authorization_url).host;
  }

  /** Starts a sign-in. */
  begin(): BegunSignIn {
    const [state, nonce, verifier] = [LETTERS, LETTERS, LETTERS].map(randomLetters);
    const { authorization_url, client_id, redirect_url, scopes } = this.#spec;
    const address = new URL(authorization_url);
    const challenge = createHash("sha256").update(verifier ?? "").digest("base64url");
    const parameters = {
      ...{ response_type: "code", client_id, redirect_uri: redirect_url },
      ...{ scope: ["openid", ...scopes].join(" "), state, nonce },
      ...{ code_challenge: challenge, code_challenge_method: "S256" },
    };
    for (const [name, value] of Object.entries(parameters)) {
      address.searchParams.set(name, value ?? "");
    }
    return { address: address.href, kept: [state, nonce, verifier].join(".") };
  }

  /**
   * Finishes a sign-in with the issuer's callback. Rejects with {@linkcode AccessDenied}
   * `SIGN_IN_STRANGE` when another browser started it, `SIGN_IN_REFUSED`, `SIGN_IN_MISCONFIGURED`
   * when the issuer does not accept the gateway itself, `ISSUER_AWAY` or `TOKEN_INVALID`.
   */
  async finish({ query, kept = "" }: Callback): Promise<FinishedSignIn> {
    const [state = "", nonce = "", verifier = ""] = kept.split(".");
    if (state === "" || query.get("state") !== state) throw strange(this.#spec.redirect_url);
    const error = query.get("error");
    if (error !== null) throw refused(/^[\x20-\x7e]{1,64}$/.test(error) ? error : "no reason");
    const { client_id } = this.#spec;
    // Never send another issuer's code to this one (RFC 9207).
    if ((query.get("iss") ?? this.#issuer) !== this.#issuer) {
      throw refused("another issuer answers");
    }
    const token = await this.#exchange(query.get("code") ?? "", verifier);
    const proven = await this.#options.tokens.prove(token, client_id);
    const { claims } = proven;
    if (claims["nonce"] !== nonce) throw refused("the token is of another sign-in");
    if ((claims["azp"] ?? client_id) !== client_id) {
      throw refused("the token is for another program");
    }
    const idToken = token.length > TOKEN_LIMITS.hintLettersMax ? undefined : token;
    return { ...proven, idToken };
  }

  /** Returns the address at which a browser signs out at the issuer; undefined = nowhere. */
  signOutAddress(idToken: string | undefined): Promise<string | undefined> {
    return this.#signOut.addressFor(idToken);
  }

  /** Returns how the gateway proves at the token endpoint which client it is. */
  async #clientProof(): Promise<
    { headers?: Record<string, string>; form?: Record<string, string> }
  > {
    const { clientSecret, logger } = this.#options;
    const { client_id, client_auth } = this.#spec;
    if (clientSecret === undefined) return { form: { client_id } };
    let secret: string;
    try {
      secret = await clientSecret();
    } catch (error) {
      logger.error("the client secret cannot be read", { error: messageOf(error) });
      throw misconfigured();
    }
    return client_auth === "client_secret_post"
      ? { form: { client_id, client_secret: secret } }
      : { headers: { authorization: basic(client_id, secret) } };
  }

  /** Exchanges a code for the issuer's token. */
  async #exchange(code: string, verifier: string): Promise<string> {
    const { token_url, redirect_url } = this.#spec;
    const { logger } = this.#options;
    const client = await this.#clientProof();
    const form = new URLSearchParams({
      ...{ grant_type: "authorization_code", code, redirect_uri: redirect_url },
      ...{ code_verifier: verifier, ...client.form },
    });
    try {
      const response = await fetch(token_url, {
        ...{ method: "POST", body: form, redirect: "error" },
        headers: { accept: "application/json", ...client.headers },
        signal: AbortSignal.timeout(TOKEN_LIMITS.exchangeMs),
      });
      const text = await response.text();
      if (response.ok) return TOKENS.parse(JSON.parse(text)).id_token;
      const { status } = response;
      const error = errorOf(text);
      logger.warn("the issuer gives no token", { url: token_url, status, error });
      if (error === "invalid_client" || status === 401) throw misconfigured();
      if (status < 500) throw refused("it gives no token for this sign-in");
    } catch (error) {
      if (error instanceof AccessDenied) throw error;
      logger.error("the issuer gives no token", { url: token_url, error: messageOf(error) });
    }
    throw new AccessDenied("ISSUER_AWAY", "The issuer does not answer the gateway", {
      status: 401,
      hint: "Try again, or sign in with a key",
    });
  }
}

/** Returns the error code of a token endpoint's answer (RFC 6749), bounded; "" = none. */
function errorOf(text: string): string {
  try {
    return FAILURE.parse(JSON.parse(text)).error.slice(0, 64);
  } catch {
    return "";
  }
}

/** Returns HTTP Basic credentials, form-encoded before as RFC 6749 §2.3.1 says. */
function basic(clientId: string, secret: string): string {
  const [id, word] = [clientId, secret].map((each) => new URLSearchParams({ "": each }));
  return `Basic ${btoa(`${String(id).slice(1)}:${String(word).slice(1)}`)}`;
}

function misconfigured(): AccessDenied {
  return new AccessDenied("SIGN_IN_MISCONFIGURED", "The issuer does not accept this gateway", {
    status: 403,
    hint: "Whoever runs the gateway checks client_id and credentials of gateway.oidc.sign_in",
  });
}

function strange(redirectUrl: string): AccessDenied {
  return new AccessDenied("SIGN_IN_STRANGE", "This sign-in was not begun in this browser", {
    status: 403,
    hint: `Begin again at ${new URL(redirectUrl).origin}/sign-in, within ten minutes`,
  });
}

function refused(why: string): AccessDenied {
  return new AccessDenied("SIGN_IN_REFUSED", `The sign-in failed: ${why}`, {
    status: 403,
    hint: "Begin again at /sign-in, or ask whoever runs the issuer",
  });
}
