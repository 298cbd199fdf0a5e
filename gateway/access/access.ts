import { EVENT_TYPES } from "@ssmd/market";
import type { Meter } from "./meter.ts";
import type { AccessDenied } from "./access_denied.ts";
import type { Role } from "./role.ts";

/** Bits of all record types. */
export const ALL_TYPES = (1 << EVENT_TYPES.length) - 1;

/**
 * Identity and entitlements of a caller. Read at look-up and subscription, never per message;
 * {@linkcode StreamSession.onAccessChanged} re-evaluates subscriptions.
 */
export interface Access {
  /** The client's name; empty in an environment without keys. */
  readonly client: string;
  /** Role of the caller. */
  readonly role: Role;
  /** Counts its deliveries; undefined in an environment without keys. */
  readonly meter: Meter | undefined;
  /**
   * Returns the visible record types of a market as bits (by index in EVENT_TYPES); 0 hides it from
   * lists, counts and hints. Gaps come with any other type, so no client misses data silently.
   */
  typesOf(feed: string, symbol: string): number;
  /** Whether an entitlement names the feed, or all feeds. */
  seesFeed(feed: string): boolean;
  /** Takes a request from the client's rate; returns the error (429) when none is left. */
  takeRequest(): AccessDenied | undefined;
  /** Audits a request for an existing name that the caller may not see. */
  auditHidden(name: string): void;
}

/** A stream connection, from the authenticator's side. */
export interface StreamSession {
  readonly access: Access;
  /** Its entitlements changed: re-evaluates subscriptions by {@linkcode Access.typesOf}. */
  onAccessChanged(): void;
  /** Sends the error in-band (code and hint) and closes. */
  onDenied(denied: AccessDenied): void;
  /** Sends a notice, such as a quota that is nearly used up. */
  onNotice(notice: Record<string, unknown>): void;
}

/** Returns access to everything, for an environment without keys. */
export function openAccess(role: Role): Access {
  return {
    client: "",
    role,
    meter: undefined,
    typesOf: () => ALL_TYPES,
    seesFeed: () => true,
    takeRequest: () => undefined,
    auditHidden: () => {},
  };
}

/** Returns access to no data, for a caller without a key on a public route. */
export function publicAccess(): Access {
  return { ...openAccess("viewer"), role: "public", typesOf: () => 0, seesFeed: () => false };
}
