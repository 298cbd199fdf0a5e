import { isLoopback } from "@ssmd/runtime";
import { type Access, mayActAs, openAccess, type Role, type StreamGuest } from "./access.ts";
import type { Caller } from "./caller.ts";
import { GATEWAY_LIMITS } from "../limits.ts";
import { AddressRate } from "./address_rate.ts";
import { isFromOtherOrigin } from "./credential.ts";
import { MeterFeeds } from "./meter.ts";
import { OwnNames, type OwnNamesOptions } from "./own_names.ts";
import { Refusal } from "./refusal.ts";

/** A stream connection that was let in. */
export interface StreamVisit {
  /** The connection is over; `reason` goes into the history of sessions. Twice is harmless. */
  leave(reason: string): void;
}

/** Who stands at the doors of the gateway: HTTP requests and stream handshakes pass here first. */
export interface Gate {
  /** What an answer of the environment says of itself: whether keys are asked for. */
  readonly mode: "open" | "required";
  /** The feeds' places in the meters of its clients. */
  readonly meterFeeds: MeterFeeds;
  /**
   * Who sends a request, for what wants a role (default `client`). Rejects with
   * {@linkcode Refusal} (401, 403, 429); after repeated bad keys the refusal is slow to come. For
   * `public` nobody is refused who shows no key.
   */
  admit(caller: Caller, wanted?: Role): Promise<Access>;
  /**
   * Lets a stream connection in after {@linkcode admit}: it counts against the client's sessions and
   * is told of changes from now on. Throws {@linkcode Refusal} (429) where there are too many.
   */
  enter(guest: StreamGuest, caller: Caller): StreamVisit;
  /**
   * A ticket with which one stream can be opened (`?ticket=…`) within a short time: for pages of
   * other origins, which can send no header. Throws {@linkcode Refusal}.
   */
  newTicket(access: Access): string;
  /** The token of a browser that shows a good key once; it goes into a cookie. */
  signIn(access: Access): string;
  /** Ends a sign-in. */
  signOut(token: string): void;
  /** Writes down what is counted and closes the store. */
  close(): Promise<void>;
}

/** What a gate without keys is made of. */
export interface OpenGateOptions extends OwnNamesOptions {
  /** Requests a second from one address; default GATEWAY_LIMITS. */
  requestsPerSecondMax?: number;
}

/**
 * A gate without keys: it keeps off pages of other origins, and only callers of this machine may use
 * the administration.
 */
export function openGate(options: OpenGateOptions): Gate {
  const near = openAccess("admin");
  const far = openAccess("metrics");
  const names = new OwnNames(options);
  const { keylessRequestsPerSecondMax, keylessAddressesMax } = GATEWAY_LIMITS;
  const perSecondMax = options.requestsPerSecondMax ?? keylessRequestsPerSecondMax;
  const rate = new AddressRate(perSecondMax, keylessAddressesMax, () => performance.now());
  const refusalOf = (caller: Caller, wanted: Role, access: Access) => {
    const foreign = wanted === "public" ? undefined : names.refusal(caller);
    if (foreign !== undefined) return foreign;
    if (!mayActAs(access.role, wanted)) return loopbackOnly();
    // Programs of this machine are administrators here: a rate would only let one lock out others.
    return access === near || caller.isProbe ? undefined : rate.spend(caller.address);
  };
  return {
    mode: "open",
    meterFeeds: new MeterFeeds(),
    admit: (caller, wanted = "client") => {
      const access = isFromHere(caller) ? near : far;
      const refusal = refusalOf(caller, wanted, access);
      return refusal === undefined ? Promise.resolve(access) : Promise.reject(refusal);
    },
    enter: () => ({ leave: () => {} }),
    newTicket: () => "none",
    signIn: () => "none",
    signOut: () => {},
    close: () => Promise.resolve(),
  };
}

function loopbackOnly(): Refusal {
  return new Refusal(403, "LOOPBACK_ONLY", "without keys this is for the own machine", {
    hint: "ask from the machine of the gateway, or let the environment ask for keys",
  });
}

/** What proxies add: the caller behind one is not the one that is connected. */
const PROXY_HEADERS = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via"];

/**
 * Whether a program or page of this machine asks. A page of others may make a browser here ask, by its
 * own name or by one that it lets point here, and a proxy here asks for anybody: neither is obeyed.
 */
function isFromHere(caller: Caller): boolean {
  const { host } = caller.headers;
  const named = typeof host === "string" ? host.replace(/:\d+$/, "") : "localhost";
  const isProxied = PROXY_HEADERS.some((name) => caller.headers[name] !== undefined);
  return isLoopback(caller.address) && isLoopback(named) && !isProxied &&
    !isFromOtherOrigin(caller);
}
