import { EVENT_TYPES } from "@ssmd/market";
import type { Meter } from "./meter.ts";
import type { Refusal } from "./refusal.ts";

/**
 * What somebody may do: see what anybody may (health, the sign-in), read what it is entitled to,
 * read `/metrics` too, or that and the administration. A route names the role that it wants.
 */
export type Role = "public" | ClientRole;

/** The roles that a client can have. */
export type ClientRole = "client" | "metrics" | "admin";

/** All roles of clients, each one holding those before it. */
export const CLIENT_ROLES: readonly ClientRole[] = ["client", "metrics", "admin"];

const ROLES: readonly Role[] = ["public", ...CLIENT_ROLES];

/**
 * Who asks, and what it may see. It is asked where something is looked up or subscribed, never for
 * each message: what changed is told by {@linkcode StreamGuest.onAccessChanged}, and subscriptions
 * are looked at anew then.
 */
export interface Access {
  /** The client's name; empty where nobody is asked for a key. */
  readonly client: string;
  /** What it may do besides reading. */
  readonly role: Role;
  /** Counts what is delivered to it; undefined where nothing is counted. */
  readonly meter: Meter | undefined;
  /**
   * Bits (by place in EVENT_TYPES) of the record types of a market that it may see now. 0 = for this
   * client there is no such market: it is in no list, no count and no hint. Gaps come with any other
   * type, so that no client has a silent hole.
   */
  types(feed: string, symbol: string): number;
  /** Whether it may know the feed: some entitlement names it, or all feeds. */
  feed(feed: string): boolean;
  /** Takes one request from the client's rate; what is returned refuses it (429). */
  spend(): Refusal | undefined;
  /** Tells that something was asked for by name that is there and was not shown; it is audited. */
  denied(what: string): void;
}

/** A stream connection, as those who watch over access see it. */
export interface StreamGuest {
  /** Who it is. */
  readonly access: Access;
  /** Its entitlements are others now: subscriptions are looked at anew (`Access.types`). */
  onAccessChanged(): void;
  /** It must go: tells the reason in-band (`error` with its code and hint) and closes. */
  onRefused(refusal: Refusal): void;
  /** Something it should know that stops nothing: a quota that is nearly used up. */
  onNotice(notice: Record<string, unknown>): void;
}

/** Everything, for everyone: where an environment asks for no keys. */
export function openAccess(role: ClientRole): Access {
  return {
    client: "",
    role,
    meter: undefined,
    types: () => ALL_TYPES,
    feed: () => true,
    spend: () => undefined,
    denied: () => {},
  };
}

/** Nothing, for somebody who showed no key at a place that wants none. */
export function publicAccess(): Access {
  return { ...openAccess("client"), role: "public", types: () => 0, feed: () => false };
}

/** Whether a role holds what another one may do. */
export function mayActAs(role: Role, wanted: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(wanted);
}

const ALL_TYPES = (1 << EVENT_TYPES.length) - 1;
