import { createHash } from "node:crypto";
import type { Credentials } from "@ssmd/exchanges";
import type { Logger } from "@ssmd/runtime";

/**
 * The credentials that a venue took last, over runs, as a digest beside the spool: a restart tells a
 * key that never worked from one that the venue refuses for a while.
 */
export class AcceptedCredentials {
  #path: string;
  #endpoint: string;
  #logger: Logger;
  #digest: string | undefined;

  /** Of connections to `endpoint`; `dir` is the spool's folder. */
  constructor(dir: string, endpoint: string, logger: Logger) {
    this.#path = `${dir}/accepted-credentials`;
    this.#endpoint = endpoint;
    this.#logger = logger;
  }

  /** The venue took them. */
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

  /** Whether the venue took them before. */
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
      // A key that is not known to have worked is at worst refused with its sentence.
      return "";
    }
  }

  #digestOf(credentials: Credentials): string {
    const fields = Object.entries(credentials).sort(([a], [b]) => a < b ? -1 : 1);
    return createHash("sha256").update(JSON.stringify([this.#endpoint, ...fields])).digest("hex");
  }
}

/** Whether two sets of credentials are the same. */
export function areSame(a: Credentials, b: Credentials): boolean {
  const fields = Object.keys(a);
  return fields.length === Object.keys(b).length && fields.every((field) => a[field] === b[field]);
}
