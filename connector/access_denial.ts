import type { Credentials } from "@ssmd/exchanges";
import { VenueError } from "@ssmd/runtime";
import { type AcceptedCredentials, areSame } from "./accepted_credentials.ts";

/**
 * Decides what a venue's refusal of credentials means. A key that the venue never took, refused twice
 * although it was read again between, ends the connector; after anything was captured a refusal is a
 * state of the connection, as the key may be mended beside the running process.
 */
export class AccessDenial {
  /** Resolves with the venue's sentence when the connector is to end; else never. */
  readonly final: Promise<VenueError>;
  #resolve: (error: VenueError) => void;
  #accepted: AcceptedCredentials;
  #wasOpen = false;
  /** By connectionIndex: what was refused last. */
  #refused = new Map<number, Credentials>();

  constructor(accepted: AcceptedCredentials) {
    this.#accepted = accepted;
    const { promise, resolve } = Promise.withResolvers<VenueError>();
    this.final = promise;
    this.#resolve = resolve;
  }

  /** A connection is open. */
  opened(credentials: Credentials): void {
    this.#wasOpen = true;
    this.#accepted.accept(credentials);
  }

  /** The venue refused a connection's credentials. */
  denied(connectionIndex: number, credentials: Credentials, why: string): void {
    const before = this.#refused.get(connectionIndex);
    this.#refused.set(connectionIndex, credentials);
    if (this.#wasOpen || this.#accepted.includes(credentials)) return;
    if (before === undefined || !areSame(before, credentials)) return;
    this.#resolve(
      new VenueError("VENUE_ACCESS_DENIED", why, {
        hint: "mend the key (`ssmd key set`) or the clock, and start again",
      }),
    );
  }
}
