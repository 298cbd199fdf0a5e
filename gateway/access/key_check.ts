import type { Role } from "./access.ts";
import type { AccessAudit } from "./access_audit.ts";
import type { ApiKey } from "./account.ts";
import { GATEWAY_LIMITS } from "../limits.ts";
import { AddressGuard } from "./address_guard.ts";
import { AddressRate } from "./address_rate.ts";
import { isSecretOf, keyParts, newKey } from "./api_key.ts";
import { type Credential, credentialOf, isFromOtherOrigin } from "./credential.ts";
import type { Caller } from "./caller.ts";
import { badKey } from "./known_client.ts";
import type { KnownClients } from "./known_clients.ts";
import { GUARD_LIMITS } from "./limits.ts";
import { Refusal } from "./refusal.ts";
import type { SignIns } from "./sign_ins.ts";

/** What a {@linkcode KeyCheck} is made of. */
export interface KeyCheckOptions {
  clients: KnownClients;
  signIns: SignIns;
  audit: AccessAudit;
  now: () => number;
  wait: (ms: number) => Promise<void>;
}

/** Compared with where there is no such key, so that a wrong id takes as long as a wrong secret. */
const NO_HASH = `sha256:${"0".repeat(64)}`;

/** Finds out which key a caller shows, and keeps off who tries many. */
export class KeyCheck {
  #options: KeyCheckOptions;
  #guard: AddressGuard;
  #rate: AddressRate;
  #waiting = 0;

  constructor(options: KeyCheckOptions) {
    this.#options = options;
    this.#guard = new AddressGuard(options.now);
    const { keylessRequestsPerSecondMax, keylessAddressesMax } = GATEWAY_LIMITS;
    this.#rate = new AddressRate(keylessRequestsPerSecondMax, keylessAddressesMax, options.now);
  }

  /**
   * The key that a caller shows, whatever its state; undefined = none, where none has to be shown.
   * Rejects with {@linkcode Refusal}.
   */
  async keyOf(caller: Caller, wanted: Role): Promise<ApiKey | undefined> {
    const credential = this.#credentialOf(caller);
    if (credential === undefined) {
      const tooMuch = caller.isProbe ? undefined : this.#rate.spend(caller.address);
      if (tooMuch !== undefined) throw this.noted(tooMuch, caller);
      if (wanted === "public") return undefined;
      throw this.noted(keyMissing(), caller);
    }
    switch (credential.kind) {
      case "key":
        return this.#ofText(credential.text) ?? await this.#refuseBad(caller);
      case "ticket":
        return this.#ofTicket(credential.ticket) ?? this.#refuseTicket(caller);
      case "sign-in":
        return this.#ofSignIn(credential.token, caller, wanted);
    }
  }

  /** Writes a refusal down, and gives it back to be thrown. */
  noted(refusal: Refusal, caller: Caller, key?: ApiKey): Refusal {
    const { address, what = "" } = caller;
    this.#options.audit.refused({
      ...{ code: refusal.code, client: key?.client ?? "", key: key?.id ?? "", address, what },
    });
    return refusal;
  }

  #credentialOf(caller: Caller): Credential | undefined {
    try {
      return credentialOf(caller);
    } catch (error) {
      throw error instanceof Refusal ? this.noted(error, caller) : error;
    }
  }

  #ofText(text: string): ApiKey | undefined {
    const parts = keyParts(text);
    const key = parts && this.#options.clients.key(parts.id);
    const good = isSecretOf(parts ?? newKey(), key?.hash ?? NO_HASH);
    return good ? key : undefined;
  }

  #ofTicket(ticket: string): ApiKey | undefined {
    const id = this.#options.signIns.takeTicket(ticket);
    return id === undefined ? undefined : this.#options.clients.key(id);
  }

  /** A false ticket is no bad key: any page can make browsers of others send them. */
  #refuseTicket(caller: Caller): never {
    throw this.noted(this.#rate.spend(caller.address) ?? badKey(), caller);
  }

  #ofSignIn(token: string, caller: Caller, wanted: Role): ApiKey | undefined {
    if (isFromOtherOrigin(caller)) {
      const refusal = new Refusal(403, "OTHER_ORIGIN", "a page of another origin asks", {
        hint: "sign-ins are for the gateway's own page; others get a ticket by POST /v1/tickets",
      });
      throw this.noted(refusal, caller);
    }
    const id = this.#options.signIns.signedIn(token);
    const key = id === undefined ? undefined : this.#options.clients.key(id);
    if (key !== undefined || wanted === "public") return key;
    const refusal = new Refusal(401, "SIGN_IN_OVER", "the sign-in is over", {
      hint: "sign in again at /sign-in",
    });
    throw this.noted(refusal, caller);
  }

  /** The refusal of a key that is none of ours; the more of them came, the later it comes. */
  async #refuseBad(caller: Caller): Promise<never> {
    const blocked = this.#guard.blocked(caller.address) ?? this.#rate.spend(caller.address);
    if (blocked !== undefined) throw this.noted(blocked, caller);
    const { waitMs } = this.#guard.badKey(caller.address);
    const refusal = this.noted(badKey(), caller);
    if (waitMs > 0 && this.#waiting < GUARD_LIMITS.waitingMax) {
      this.#waiting++;
      await this.#options.wait(waitMs);
      this.#waiting--;
    }
    throw refusal;
  }
}

function keyMissing(): Refusal {
  return new Refusal(401, "KEY_MISSING", "this gateway asks for a key", {
    hint: "send Authorization: Bearer ssmd_…; browsers sign in at /sign-in. " +
      "Keys are made with: ssmd client api-key create",
  });
}
