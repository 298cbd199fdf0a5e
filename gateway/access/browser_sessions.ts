import { createHash } from "node:crypto";
import { randomLetters } from "./api_key.ts";
import { ACCESS_LIMITS } from "./limits.ts";

const TOKEN_LETTERS = 43;

/** Temporary substitute for a key, which is looked up at each use: revoking it ends the grant. */
interface Grant {
  /** Id of the key. */
  key: string;
  untilMs: number;
  /** How it was opened at the token issuer; undefined = with a key. */
  issuer?: IssuerSession;
}

/** A person's session at the token issuer. */
interface IssuerSession {
  /** The issuer's token; undefined = too long to be passed back. */
  idToken: string | undefined;
}

/** Tickets and browser sessions: short-lived tokens for a key, kept only as hashes in memory. */
export class BrowserSessions {
  #now: () => number;
  #tickets = new Map<string, Grant>();
  #sessions = new Map<string, Grant>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Returns a ticket for one stream connection; undefined when too many are unused. */
  newTicket(key: string): string | undefined {
    removeExpired(this.#tickets, this.#now());
    if (this.#tickets.size >= ACCESS_LIMITS.ticketsMax) return undefined;
    return this.#add(this.#tickets, { key }, ACCESS_LIMITS.ticketMs);
  }

  /** Returns the key of a ticket and invalidates the ticket; undefined = unknown or expired. */
  takeTicket(ticket: string): string | undefined {
    const hash = hashOf(ticket);
    const grant = this.#tickets.get(hash);
    this.#tickets.delete(hash);
    return grant !== undefined && grant.untilMs > this.#now() ? grant.key : undefined;
  }

  /** Opens a session; returns its token. `issuer` = it was opened at the token issuer. */
  open(key: string, issuer?: IssuerSession): string {
    removeExpired(this.#sessions, this.#now());
    if (this.#sessions.size >= ACCESS_LIMITS.browserSessionsMax) {
      for (const oldest of this.#sessions.keys()) {
        this.#sessions.delete(oldest);
        break;
      }
    }
    const grant = issuer === undefined ? { key } : { key, issuer };
    return this.#add(this.#sessions, grant, ACCESS_LIMITS.browserSessionMs);
  }

  /** Returns the key of a session; undefined = unknown or expired. */
  keyOf(token: string): string | undefined {
    const grant = this.#sessions.get(hashOf(token));
    return grant !== undefined && grant.untilMs > this.#now() ? grant.key : undefined;
  }

  /** Ends a session; returns that at the token issuer, undefined = there is none. */
  end(token: string): IssuerSession | undefined {
    const hash = hashOf(token);
    const issuer = this.#sessions.get(hash)?.issuer;
    this.#sessions.delete(hash);
    return issuer;
  }

  #add(grants: Map<string, Grant>, grant: Omit<Grant, "untilMs">, lifeMs: number): string {
    const token = randomLetters(TOKEN_LETTERS);
    grants.set(hashOf(token), { ...grant, untilMs: this.#now() + lifeMs });
    return token;
  }
}

/** Entries of a map have equal lifetimes: iteration order is expiry order. */
function removeExpired(grants: Map<string, Grant>, nowMs: number): void {
  for (const [hash, { untilMs }] of grants) {
    if (untilMs > nowMs) return;
    grants.delete(hash);
  }
}

/** Tokens are looked up by hash, so that look-up time reveals nothing. */
function hashOf(token: string): string {
  return createHash("sha256").update(token).digest("base64url");
}
