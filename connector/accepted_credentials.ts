import { createHash } from "node:crypto";
import type { Credentials } from "@ssmd/exchanges";
import type { Logger } from "@ssmd/runtime";

/**
 * Digest of the credentials that a venue accepted last, kept beside the spool across runs. It lets
 * a restart tell a key that never worked from one that is refused temporarily.
 */
export class AcceptedCredentials {
  #path: string;
  #endpoint: string;
  #logger: Logger;
  #digest: string | undefined;

  /** `dir` is the spool's folder; the digest covers the endpoint. */
  constructor(dir: string, endpoint: string, logger: Logger) {
    this.#path = `${dir}/accepted-credentials`;
    this.#endpoint = endpoint;
    this.#logger = logger;
  }

  /** Stores the digest of credentials that the venue accepted. */
  accept(credentials: Credentials): void {
    const digest = this.#digestOf(credentials);
    if (this.#known() === digest) return;
    this.#digest = digest;
    try {
      Deno.writeTextFileSync(this.#path, digest);
    } catch (error) {
      this.#logger.debug("what the venue accepted cannot be noted", { error });
    }
  }

  /** Returns whether the venue accepted these credentials last. */
  includes(credentials: Credentials): boolean {
    return this.#known() === this.#digestOf(credentials);
  }

  #known(): string {
    return this.#digest ??= this.#read();
  }

  #read(): string {
    try {
      return Deno.readTextFileSync(this.#path).trim();
    } catch {
      // Without the file a refused key counts as never accepted, which at worst ends the connector.
      return "";
    }
  }

  #digestOf(credentials: Credentials): string {
    const fields = Object.entries(credentials).sort(([a], [b]) => a < b ? -1 : 1);
    return createHash("sha256").update(JSON.stringify([this.#endpoint, ...fields])).digest("hex");
  }
}

export function areSame(a: Credentials, b: Credentials): boolean {
  const fields = Object.keys(a);
  return fields.length === Object.keys(b).length && fields.every((field) => a[field] === b[field]);
}
