import { createHash } from "node:crypto";
import { randomLetters } from "./api_key.ts";
import { ACCESS_LIMITS } from "./limits.ts";

const TOKEN_LETTERS = 43;

/** Temporary substitute for a key, which is looked up at each use: revoking it ends the grant. */
interface Grant {
  /** Id of the key. */
  key: string;
  untilMs: number;
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
    return this.#add(this.#tickets, key, ACCESS_LIMITS.ticketMs);
  }

  /** Returns the key of a ticket and invalidates the ticket; undefined = unknown or expired. */
  takeTicket(ticket: string): string | undefined {
    const hash = hashOf(ticket);
    const grant = this.#tickets.get(hash);
    this.#tickets.delete(hash);
    return grant !== undefined && grant.untilMs > this.#now() ? grant.key : undefined;
  }

  /** Opens a session; returns its token. */
  open(key: string): string {
    removeExpired(this.#sessions, this.#now());
    if (this.#sessions.size >= ACCESS_LIMITS.browserSessionsMax) {
      for (const oldest of this.#sessions.keys()) {
        this.#sessions.delete(oldest);
        break;
      }
    }
    return this.#add(this.#sessions, key, ACCESS_LIMITS.browserSessionMs);
  }

  /** Returns the key of a session; undefined = unknown or expired. */
  keyOf(token: string): string | undefined {
    const grant = this.#sessions.get(hashOf(token));
    return grant !== undefined && grant.untilMs > this.#now() ? grant.key : undefined;
  }

  /** Ends a session. */
  end(token: string): void {
    this.#sessions.delete(hashOf(token));
  }

  #add(grants: Map<string, Grant>, key: string, lifeMs: number): string {
    const token = randomLetters(TOKEN_LETTERS);
    grants.set(hashOf(token), { key, untilMs: this.#now() + lifeMs });
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
