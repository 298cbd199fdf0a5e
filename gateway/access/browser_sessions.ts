import { createHash } from "node:crypto";
import { randomLetters } from "./api_key.ts";
import { ACCESS_LIMITS } from "./limits.ts";

const TOKEN_LETTERS = 43;

/** What stands for a key for a while: it is looked up again each time, so revoking it ends all. */
interface Grant {
  /** Id of the key. */
  key: string;
  untilMs: number;
}

/** Short-lived secrets that stand for a key; kept as hashes, in memory: a restart ends them. */
export class BrowserSessions {
  #now: () => number;
  #tickets = new Map<string, Grant>();
  #sessions = new Map<string, Grant>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** A ticket for one stream connection; undefined where too many wait. */
  newTicket(key: string): string | undefined {
    removeExpired(this.#tickets, this.#now());
    if (this.#tickets.size >= ACCESS_LIMITS.ticketsMax) return undefined;
    return this.#add(this.#tickets, key, ACCESS_LIMITS.ticketMs);
  }

  /** The key of a ticket, once. */
  takeTicket(ticket: string): string | undefined {
    const hash = hashOf(ticket);
    const stand = this.#tickets.get(hash);
    this.#tickets.delete(hash);
    return stand !== undefined && stand.untilMs > this.#now() ? stand.key : undefined;
  }

  /** The token of a browser that signed in. */
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

  /** The key of a browser that signed in. */
  keyOf(token: string): string | undefined {
    const stand = this.#sessions.get(hashOf(token));
    return stand !== undefined && stand.untilMs > this.#now() ? stand.key : undefined;
  }

  /** Ends a sign-in. */
  end(token: string): void {
    this.#sessions.delete(hashOf(token));
  }

  #add(stands: Map<string, Grant>, key: string, lifeMs: number): string {
    const token = randomLetters(TOKEN_LETTERS);
    stands.set(hashOf(token), { key, untilMs: this.#now() + lifeMs });
    return token;
  }
}

/** All lives of a map are equally long, so the oldest stand first. */
function removeExpired(stands: Map<string, Grant>, nowMs: number): void {
  for (const [hash, { untilMs }] of stands) {
    if (untilMs > nowMs) return;
    stands.delete(hash);
  }
}

/** Looked up by its hash, a token cannot be guessed from how long the look-up takes. */
function hashOf(token: string): string {
  return createHash("sha256").update(token).digest("base64url");
}
