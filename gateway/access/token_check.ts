import { errors, type JWTPayload, jwtVerify } from "jose";
import type { GatewaySpec } from "@ssmd/metadata";
import { type Logger, messageOf } from "@ssmd/runtime";
import { AccessDenied } from "./access_denied.ts";
import { IssuerAway, IssuerKeys } from "./issuer_keys.ts";
import { TOKEN_LIMITS } from "./limits.ts";

/** Token settings of an environment. */
type OidcSpec = NonNullable<GatewaySpec["oidc"]>;

/** A verified token. */
export interface ProvenToken {
  claims: JWTPayload;
  subject: string;
  /** Expiry including the allowed clock skew, ms since 1970. */
  expiresAtMs: number;
}

/** Verifies tokens of one issuer (OpenID Connect) with its public keys. */
export class TokenCheck {
  #spec: OidcSpec;
  #logger: Logger;
  #now: () => number;
  #keys: IssuerKeys;

  constructor(spec: OidcSpec, { logger, now = Date.now }: { logger: Logger; now?: () => number }) {
    this.#spec = spec;
    this.#logger = logger;
    this.#now = now;
    const keptMs = spec.keys_kept ?? TOKEN_LIMITS.keysKeptMs;
    this.#keys = new IssuerKeys({ url: spec.jwks_url, keptMs, logger, now });
  }

  /**
   * Verifies a token for an audience, by default that of programs. Rejects with {@linkcode
   * AccessDenied}; only the log has the reason.
   */
  async prove(token: string, audience: string = this.#spec.audience): Promise<ProvenToken> {
    const { issuer, algorithms, clock_skew_s: clockTolerance } = this.#spec;
    try {
      const { payload } = await jwtVerify(token, this.#keys.keyOf, {
        ...{ issuer, audience, algorithms, clockTolerance, currentDate: new Date(this.#now()) },
        requiredClaims: ["exp", "sub"],
      });
      const { sub, exp } = payload;
      if (typeof sub === "string" && sub !== "" && typeof exp === "number") {
        return { claims: payload, subject: sub, expiresAtMs: (exp + clockTolerance) * 1000 };
      }
      throw new errors.JWTInvalid("sub is no text");
    } catch (error) {
      if (error instanceof IssuerAway) throw issuerAway();
      this.#logger.warn("a token is refused", { issuer, reason: messageOf(error) });
      throw new AccessDenied("TOKEN_INVALID", "The token is not accepted here", {
        status: 401,
        hint: "Get a new one from the issuer; the gateway's log says why this one is not accepted",
      });
    }
  }
}

function issuerAway(): AccessDenied {
  return new AccessDenied("ISSUER_AWAY", "Tokens cannot be checked now", {
    status: 401,
    hint: "The issuer does not answer the gateway; try again, or use an API key",
    retryAfterS: Math.ceil(TOKEN_LIMITS.keysAgainMs / 1000),
  });
}
