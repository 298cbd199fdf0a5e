import { EVENT_TYPES } from "@ssmd/market";
import type { Meter } from "./meter.ts";
import type { AccessDenied } from "./access_denied.ts";
import type { Role } from "./role.ts";

/**
 * Identity and entitlements of a caller. Read at look-up and subscription, never per message; on
 * {@linkcode StreamSession.onAccessChanged} subscriptions are re-evaluated.
 */
export interface Access {
  /** The client's name; empty in an environment without keys. */
  readonly client: string;
  /** What it may do. */
  readonly role: Role;
  /** Counts its deliveries; undefined in an environment without keys. */
  readonly meter: Meter | undefined;
  /**
   * Bits (by index in EVENT_TYPES) of the visible record types of a market. 0 hides the market from
   * lists, counts and hints. Gaps come with any other type, so that no client has a silent hole.
   */
  typesOf(feed: string, symbol: string): number;
  /** Whether an entitlement names the feed, or all feeds. */
  seesFeed(feed: string): boolean;
  /** Takes one request from the client's rate; returns the error (429) when none is left. */
  takeRequest(): AccessDenied | undefined;
  /** Audits a request for an existing name that the caller may not see. */
  auditHidden(name: string): void;
}

/** A stream connection, as the authenticator sees it. */
export interface StreamSession {
  readonly access: Access;
  /** Its entitlements changed: re-evaluates subscriptions by {@linkcode Access.typesOf}. */
  onAccessChanged(): void;
  /** Sends the error in-band (code and hint) and closes. */
  onDenied(denied: AccessDenied): void;
  /** Sends a notice, such as a quota that is nearly used up. */
  onNotice(notice: Record<string, unknown>): void;
}

/** Access to everything, in an environment without keys. */
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

/** Access to no data, for a caller without a key on a public route. */
export function publicAccess(): Access {
  return { ...openAccess("viewer"), role: "public", typesOf: () => 0, seesFeed: () => false };
}

const ALL_TYPES = (1 << EVENT_TYPES.length) - 1;
