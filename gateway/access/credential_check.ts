import type { RoleBinding } from "@ssmd/metadata";
import { certificateOf } from "./client_certificate.ts";
import { type ExternalKey, externalKey } from "./external_key.ts";
import type { Role, Roles } from "./role.ts";
import type { ProvenToken, TokenCheck } from "./token_check.ts";
import type { AccessAudit } from "./access_audit.ts";
import type { ApiKey } from "./account.ts";
import { GATEWAY_LIMITS } from "../limits.ts";
import { AddressGuard } from "./address_guard.ts";
import { AddressRate } from "./address_rate.ts";
import { isSecretOf, keyParts, newKey, randomLetters } from "./api_key.ts";
import { type Credential, credentialOf, isFromOtherOrigin } from "./credential.ts";
import type { Caller } from "./caller.ts";
import { badKey, checkKey } from "./client_state.ts";
import type { ClientStates } from "./client_states.ts";
import { GUARD_LIMITS } from "./limits.ts";
import { AccessDenied } from "./access_denied.ts";
import type { BrowserSessions } from "./browser_sessions.ts";

/** Options of {@linkcode CredentialCheck}. */
interface CredentialCheckOptions {
  clients: ClientStates;
  sessions: BrowserSessions;
  audit: AccessAudit;
  now: () => number;
  wait: (ms: number) => Promise<void>;
  roles: Roles;
  /** Verifies tokens; undefined = none are accepted. */
  tokens: TokenCheck | undefined;
  /** Proxies trusted to forward client certificates. */
  proxies: ReadonlySet<string>;
}

/** Compared for an unknown id, so that it takes as long as a wrong secret. */
const NO_HASH = `sha256:${"0".repeat(64)}`;

/** Length of the suffix that distinguishes sign-ins of the same person. */
const PROOF_LETTERS = 16;

/** Identifies the key of a caller; delays and blocks guessers. */
export class CredentialCheck {
  #options: CredentialCheckOptions;
  #guard: AddressGuard;
  #rate: AddressRate;
  #delayedAnswers = 0;

  constructor(options: CredentialCheckOptions) {
    this.#options = options;
    this.#guard = new AddressGuard(options.now);
    const { keylessRequestsPerSecondMax, keylessAddressesMax } = GATEWAY_LIMITS;
    this.#rate = new AddressRate(keylessRequestsPerSecondMax, keylessAddressesMax, options.now);
  }

  /**
   * Returns the key of a caller, valid or not; undefined = none, on a route that needs none.
   * Rejects with {@linkcode AccessDenied}.
   */
  async identify(caller: Caller, wanted: Role): Promise<ApiKey | undefined> {
    const blocked = caller.isProbe ? undefined : this.#options.clients.checkBlocked(caller.address);
    if (blocked !== undefined) throw this.auditDenied(blocked, caller);
    const credential = this.#credentialOf(caller);
    if (credential === undefined) {
      const certificate = this.#keyOfCertificate(caller);
      if (certificate !== undefined) return certificate;
      const tooMuch = caller.isProbe ? undefined : this.#rate.takeRequest(caller.address);
      if (tooMuch !== undefined) throw this.auditDenied(tooMuch, caller);
      if (wanted === "public") return undefined;
      throw this.auditDenied(keyMissing(), caller);
    }
    switch (credential.kind) {
      case "key":
        return isToken(credential.text) && this.#options.tokens !== undefined
          ? await this.#keyOfToken(credential.text, this.#options.tokens, caller)
          : this.#keyOfText(credential.text) ?? await this.#denyBadKey(caller);
      case "ticket":
        return this.#keyOfTicket(credential.ticket) ?? this.#denyTicket(caller);
      case "sign-in":
        return this.#keyOfSession(credential.token, caller, wanted);
    }
  }

  /** Returns the key of a verified token. Throws {@linkcode AccessDenied} `ROLE_UNBOUND`. */
  identifyProven({ claims, subject, expiresAtMs }: ProvenToken, caller: Caller): ExternalKey {
    const proof = `sign-in ${randomLetters(PROOF_LETTERS)}`;
    const identity = { kind: "token", subject, proof, expiresAtMs } as const;
    return this.#remembered(identity, this.#options.roles.ofClaims(claims), caller);
  }

  /** Audits an error and returns it for throwing. */
  auditDenied(denied: AccessDenied, caller: Caller, key?: ApiKey): AccessDenied {
    const { address, what = "" } = caller;
    this.#options.audit.add({
      ...{ code: denied.code, client: key?.client ?? "", key: key?.id ?? "", address, what },
    });
    return denied;
  }

  #credentialOf(caller: Caller): Credential | undefined {
    try {
      return credentialOf(caller);
    } catch (error) {
      throw error instanceof AccessDenied ? this.auditDenied(error, caller) : error;
    }
  }

  #keyOfText(text: string): ApiKey | undefined {
    const parts = keyParts(text);
    const key = parts && this.#options.clients.key(parts.id);
    const good = isSecretOf(parts ?? newKey(), key?.hash ?? NO_HASH);
    return good ? key : undefined;
  }

  #keyOfTicket(ticket: string): ApiKey | undefined {
    const id = this.#options.sessions.takeTicket(ticket);
    return id === undefined ? undefined : this.#options.clients.key(id);
  }

  /** An invalid ticket does not count as a bad key: any page can make foreign browsers send one. */
  #denyTicket(caller: Caller): never {
    throw this.auditDenied(this.#rate.takeRequest(caller.address) ?? badKey(), caller);
  }

  #keyOfSession(token: string, caller: Caller, wanted: Role): ApiKey | undefined {
    if (isFromOtherOrigin(caller)) throw this.auditDenied(otherOrigin(), caller);
    const id = this.#options.sessions.keyOf(token);
    const key = id === undefined ? undefined : this.#options.clients.key(id);
    // A browser cannot drop its cookie: it may sign in again, and out, once the key has ended.
    if (wanted === "public") return key !== undefined && this.#isValid(key) ? key : undefined;
    if (key !== undefined) return key;
    const denied = new AccessDenied("SIGN_IN_OVER", "The sign-in is over", {
      status: 401,
      hint: "Sign in again at /sign-in",
    });
    throw this.auditDenied(denied, caller);
  }

  #isValid(key: ApiKey): boolean {
    const { clients, now } = this.#options;
    return checkKey(key, clients.clientOf(key), now()) === undefined;
  }

  async #keyOfToken(text: string, tokens: TokenCheck, caller: Caller): Promise<ExternalKey> {
    const proven = await tokens.prove(text).catch((denied: AccessDenied) => {
      // The caller is not at fault when the issuer is away.
      if (denied.code !== "TOKEN_INVALID") throw this.auditDenied(denied, caller);
      return this.#denyBadKey(caller, denied);
    });
    const { claims, subject, expiresAtMs } = proven;
    const identity = { kind: "token", subject, proof: text, expiresAtMs } as const;
    return this.#remembered(identity, this.#options.roles.ofClaims(claims), caller);
  }

  #keyOfCertificate(caller: Caller): ExternalKey | undefined {
    const shown = certificateOf(caller, this.#options.proxies);
    if (shown === undefined) return undefined;
    if (shown.state === "refused") throw this.auditDenied(certificateRefused(), caller);
    const { subject, expiresAtMs } = shown;
    // Browsers present certificates to requests of any page, as they send cookies.
    if (isFromOtherOrigin(caller)) throw this.auditDenied(otherOrigin(), caller);
    const identity = { kind: "certificate", subject, proof: subject, expiresAtMs } as const;
    return this.#remembered(identity, this.#options.roles.ofCertificate(subject), caller);
  }

  #remembered(
    identity: Parameters<typeof externalKey>[0],
    binding: RoleBinding | undefined,
    caller: Caller,
  ): ExternalKey {
    if (binding === undefined) throw this.auditDenied(roleUnbound(identity), caller);
    const key = externalKey(identity, binding);
    this.#options.clients.remember(key);
    return key;
  }

  /** Rejects an unknown key, with a delay that grows with their number. */
  async #denyBadKey(caller: Caller, reason: AccessDenied = badKey()): Promise<never> {
    const blocked = this.#guard.checkBlocked(caller.address) ??
      this.#rate.takeRequest(caller.address);
    if (blocked !== undefined) throw this.auditDenied(blocked, caller);
    const { waitMs } = this.#guard.addBadKey(caller.address);
    const denied = this.auditDenied(reason, caller);
    if (waitMs > 0 && this.#delayedAnswers < GUARD_LIMITS.waitingMax) {
      this.#delayedAnswers++;
      await this.#options.wait(waitMs);
      this.#delayedAnswers--;
    }
    throw denied;
  }
}

/** Whether the text has the form of a signed token (JWS); keys contain no dots. */
function isToken(text: string): boolean {
  return text.split(".").length === 3;
}

function otherOrigin(): AccessDenied {
  return new AccessDenied("OTHER_ORIGIN", "A page of another origin asks", {
    status: 403,
    hint: "sign-ins are for the gateway's own page; others get a ticket by POST /v1/tickets",
  });
}

function certificateRefused(): AccessDenied {
  return new AccessDenied("CERTIFICATE_REFUSED", "The certificate is not accepted here", {
    status: 403,
    hint:
      "It has expired, is not for clients, or is not signed by gateway.tls.client_ca; get another one, " +
      "or show a key",
  });
}

function roleUnbound({ kind, subject }: Parameters<typeof externalKey>[0]): AccessDenied {
  return new AccessDenied("ROLE_UNBOUND", `The ${kind} of ${subject} has no role here`, {
    status: 403,
    hint: `An administrator of the gateway adds it under ${kind}s in rbac/<environment>.yaml`,
  });
}

function keyMissing(): AccessDenied {
  return new AccessDenied("KEY_MISSING", "This gateway asks for a key", {
    status: 401,
    hint: "Send Authorization: Bearer ssmd_…; browsers sign in at /sign-in. " +
      "Keys are made with: ssmd client api-key create",
  });
}
