import type { Credentials } from "@ssmd/exchanges";
import { VenueError } from "@ssmd/runtime";
import { type AcceptedCredentials, areSame } from "./accepted_credentials.ts";

/**
 * Decides whether refused credentials end the connector. Two refusals of the same key, re-read in
 * between, end it unless the venue ever accepted the key or this run captured data; then the
 * refusal stays a connection state, as the key may be fixed while the process runs.
 */
export class AccessDenial {
  /** Resolves with the venue's error when the connector must end; otherwise never. */
  readonly final: Promise<VenueError>;
  #resolve: (error: VenueError) => void;
  #accepted: AcceptedCredentials;
  #wasOpen = false;
  /** By connectionIndex: credentials of an open connection that the venue has not served yet. */
  #unproven = new Map<number, Credentials>();
  /** By connectionIndex: credentials refused last. */
  #refused = new Map<number, Credentials>();

  constructor(accepted: AcceptedCredentials) {
    this.#accepted = accepted;
    const { promise, resolve } = Promise.withResolvers<VenueError>();
    this.final = promise;
    this.#resolve = resolve;
  }

  /** Notes an open connection. It proves nothing yet: a venue may refuse each subscription. */
  opened(connectionIndex: number, credentials: Credentials): void {
    this.#unproven.set(connectionIndex, credentials);
  }

  /** Returns whether an open connection has received no subscribed data yet. */
  isUnproven(connectionIndex: number): boolean {
    return this.#unproven.has(connectionIndex);
  }

  /** Marks credentials as accepted: subscribed data arrived on the connection. */
  served(connectionIndex: number): void {
    const credentials = this.#unproven.get(connectionIndex);
    if (credentials === undefined) return;
    this.#unproven.delete(connectionIndex);
    this.#wasOpen = true;
    this.#accepted.accept(credentials);
  }

  /** Handles refused credentials; `why` is the venue's reason. */
  denied(connectionIndex: number, credentials: Credentials, why: string): void {
    const before = this.#refused.get(connectionIndex);
    this.#refused.set(connectionIndex, credentials);
    if (this.#wasOpen || this.#accepted.includes(credentials)) return;
    if (before === undefined || !areSame(before, credentials)) return;
    this.#resolve(
      new VenueError("VENUE_ACCESS_DENIED", `${why.charAt(0).toUpperCase()}${why.slice(1)}`, {
        hint: "Correct the key (`ssmd key set`) or the clock, then start again",
      }),
    );
  }
}
