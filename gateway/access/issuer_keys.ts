import { createLocalJWKSet, errors, type JWTVerifyGetKey } from "jose";
import { type Logger, messageOf, SsmdError } from "@ssmd/runtime";
import { TOKEN_LIMITS } from "./limits.ts";

/** Options of {@linkcode IssuerKeys}. */
interface IssuerKeysOptions {
  /** URL of the key set (JWKS). */
  url: string;
  /** Time for which the last keys stay valid while the URL does not answer, ms. */
  keptMs: number;
  logger: Logger;
  /** ms since 1970. */
  now: () => number;
}

/** The issuer's keys cannot be loaded, and the last ones are too old. */
export class IssuerAway extends Error {}

/** Public keys of a token issuer, loaded on demand. */
export class IssuerKeys {
  #options: IssuerKeysOptions;
  #keys: ReturnType<typeof createLocalJWKSet> | undefined;
  #loadedMs = -Infinity;
  #triedMs = -Infinity;
  #loading: Promise<void> | undefined;

  constructor(options: IssuerKeysOptions) {
    this.#options = options;
  }

  /** Returns the key that a token names. Rejects with {@linkcode IssuerAway}, and as jose does. */
  readonly keyOf: JWTVerifyGetKey = async (header, token) => {
    const ageMs = this.#options.now() - this.#loadedMs;
    if (ageMs > this.#options.keptMs) await this.#load();
    else if (ageMs > TOKEN_LIMITS.keysFreshMs) void this.#load();
    try {
      return await this.#usable(header, token);
    } catch (error) {
      // An unknown key may be new, or invented: `#load` limits how often tokens trigger a request.
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      await this.#load();
      return await this.#usable(header, token);
    }
  };

  #usable(...token: Parameters<JWTVerifyGetKey>) {
    const ageMs = this.#options.now() - this.#loadedMs;
    if (this.#keys === undefined || ageMs > this.#options.keptMs) throw new IssuerAway();
    return this.#keys(...token);
  }

  /** Loads the keys, one load at a time and at most one per `keysAgainMs`; logs failures. */
  #load(): Promise<void> {
    const sinceMs = this.#options.now() - this.#triedMs;
    if (this.#loading === undefined && sinceMs < TOKEN_LIMITS.keysAgainMs) return Promise.resolve();
    return this.#loading ??= this.#loadNow().finally(() => this.#loading = undefined);
  }

  async #loadNow(): Promise<void> {
    const { url, logger, now } = this.#options;
    this.#triedMs = now();
    try {
      const signal = AbortSignal.timeout(TOKEN_LIMITS.keysMs);
      const response = await fetch(url, { redirect: "error", signal });
      const text = await response.text();
      if (!response.ok) {
        throw new SsmdError("ISSUER_REFUSES", `The issuer answers with HTTP ${response.status}`, {
          hint: "Check gateway.oidc.jwks_url of the environment",
        });
      }
      this.#keys = createLocalJWKSet(JSON.parse(text));
      this.#loadedMs = now();
    } catch (error) {
      const keys = this.#loadedMs + this.#options.keptMs > now() ? "those seen last hold" : "none";
      logger.error("the issuer's keys cannot be had", { url, keys, error: messageOf(error) });
    }
  }
}
