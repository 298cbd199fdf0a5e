import { type Logger, messageOf, SsmdError } from "@ssmd/runtime";
import { z } from "zod";
import { TOKEN_LIMITS } from "./limits.ts";

/** Options of {@linkcode IssuerSignOut}. */
interface IssuerSignOutOptions {
  /** Issuer as it names itself in tokens. */
  issuer: string;
  clientId: string;
  /** Address of the gateway's sign-in page, registered at the issuer. */
  returnUrl: string;
  logger: Logger;
  /** ms since 1970. */
  now: () => number;
}

const DISCOVERY = z.object({ issuer: z.string(), end_session_endpoint: z.url().optional() });

/** Ends sessions at a token issuer (OpenID Connect RP-Initiated Logout), if it offers that. */
export class IssuerSignOut {
  #options: IssuerSignOutOptions;
  /** End-session endpoint; null = the issuer has none. */
  #endpoint: string | null | undefined;
  #readMs = -Infinity;
  #triedMs = -Infinity;

  constructor(options: IssuerSignOutOptions) {
    this.#options = options;
  }

  /**
   * Returns the address at which a browser ends its session at the issuer; undefined = the issuer
   * offers none, or does not answer. `idToken` identifies the session there, so that the issuer
   * need not ask.
   */
  async addressFor(idToken: string | undefined): Promise<string | undefined> {
    const endpoint = await this.#find();
    if (endpoint === null) return undefined;
    const { clientId, returnUrl } = this.#options;
    const address = new URL(endpoint);
    address.searchParams.set("client_id", clientId);
    address.searchParams.set("post_logout_redirect_uri", returnUrl);
    if (idToken !== undefined) address.searchParams.set("id_token_hint", idToken);
    return address.href;
  }

  /** Reads the issuer's discovery document, at most once per `keysAgainMs`. */
  async #find(): Promise<string | null> {
    const nowMs = this.#options.now();
    const isFresh = nowMs - this.#readMs < TOKEN_LIMITS.discoveryFreshMs;
    const isTried = nowMs - this.#triedMs < TOKEN_LIMITS.keysAgainMs;
    if (this.#endpoint !== undefined && isFresh || isTried) return this.#endpoint ?? null;
    this.#triedMs = nowMs;
    const { issuer, logger } = this.#options;
    const url = `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
    try {
      this.#endpoint = await readEndpoint(url, issuer);
      this.#readMs = nowMs;
    } catch (error) {
      logger.warn("the issuer's sign-out cannot be found", { url, error: messageOf(error) });
    }
    return this.#endpoint ?? null;
  }
}

/** Reads the end-session endpoint; null = none. */
async function readEndpoint(url: string, issuer: string): Promise<string | null> {
  const signal = AbortSignal.timeout(TOKEN_LIMITS.keysMs);
  const response = await fetch(url, { redirect: "error", signal });
  const text = await response.text();
  if (response.status === 404) return null;
  if (!response.ok) throw invalid(`HTTP ${response.status}`);
  const found = DISCOVERY.parse(JSON.parse(text));
  if (found.issuer !== issuer) throw invalid(`the document of ${found.issuer}`);
  const { end_session_endpoint: endpoint = null } = found;
  // The token travels there: never in clear where the issuer itself is encrypted.
  const allowed = new URL(issuer).protocol === "https:" ? ["https:"] : ["https:", "http:"];
  if (endpoint !== null && !allowed.includes(new URL(endpoint).protocol)) {
    throw invalid(`the end_session_endpoint ${endpoint}`);
  }
  return endpoint;
}

function invalid(what: string): SsmdError {
  return new SsmdError("ISSUER_DISCOVERY_INVALID", `The issuer answers with ${what}`, {
    hint: "Check gateway.oidc.issuer of the environment; sign-outs end here alone meanwhile",
  });
}
