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
  /** By connectionIndex: with what it was opened, until the venue shows that it took them. */
  #unproven = new Map<number, Credentials>();
  /** By connectionIndex: what was refused last. */
  #refused = new Map<number, Credentials>();

  constructor(accepted: AcceptedCredentials) {
    this.#accepted = accepted;
    const { promise, resolve } = Promise.withResolvers<VenueError>();
    this.final = promise;
    this.#resolve = resolve;
  }

  /** A connection is open. A venue may take any credentials then, and refuse all that is asked. */
  opened(connectionIndex: number, credentials: Credentials): void {
    this.#unproven.set(connectionIndex, credentials);
  }

  /** Whether nothing that was asked for has come on an open connection. */
  isUnproven(connectionIndex: number): boolean {
    return this.#unproven.has(connectionIndex);
  }

  /** The venue gave something that was asked for on an open connection. */
  served(connectionIndex: number): void {
    const credentials = this.#unproven.get(connectionIndex);
    if (credentials === undefined) return;
    this.#unproven.delete(connectionIndex);
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
      new VenueError("VENUE_ACCESS_DENIED", `${why.charAt(0).toUpperCase()}${why.slice(1)}`, {
        hint: "Mend the key (`ssmd key set`) or the clock, and start again",
      }),
    );
  }
}
