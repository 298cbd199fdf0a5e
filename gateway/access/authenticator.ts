import { isLoopback } from "@ssmd/runtime";
import { type Access, openAccess, type StreamSession } from "./access.ts";
import type { Caller } from "./caller.ts";
import type { ClientStore } from "./client_store.ts";
import type { BegunSignIn } from "./issuer_sign_in.ts";
import { GATEWAY_LIMITS } from "../limits.ts";
import { AddressRate } from "./address_rate.ts";
import { isFromOtherOrigin } from "./credential.ts";
import { MeterFeeds } from "./meter.ts";
import { OriginPolicy, type OriginPolicyOptions } from "./origin_policy.ts";
import { AccessDenied } from "./access_denied.ts";
import { mayActAs, type Role } from "./role.ts";

/** Holds a client's session until it is released. */
export interface Lease {
  /** Ends the session; `reason` is stored in its record. Idempotent. */
  release(reason: string): void;
}

/** Signs browsers in at a token issuer. */
interface BrowserSignIn {
  /** Host of the issuer, for display. */
  readonly host: string;
  begin(): BegunSignIn;
  /**
   * Opens a session for a browser returning from the issuer. Rejects with {@linkcode AccessDenied}
   * when the sign-in fails or the person has no role here.
   */
  finish(caller: Caller): Promise<SignedIn>;
}

/** An opened browser session. */
export interface SignedIn {
  access: Access;
  /** Value of its cookie. */
  token: string;
}

/** Authenticates HTTP requests and stream handshakes before any other check. */
export interface Authenticator {
  /** Whether callers must send an API key, as shown by the index route. */
  readonly mode: "open" | "required";
  /** Usage of clients, for reports; undefined = callers are not identified. */
  readonly counts: Pick<ClientStore, "load" | "usage" | "sessions"> | undefined;
  /** Feed indexes used in the meters of its clients. */
  readonly meterFeeds: MeterFeeds;
  /**
   * Identifies the sender of a request that requires the role `wanted` (default `viewer`). Rejects
   * with {@linkcode AccessDenied} (401, 403, 429), with a delay after repeated bad keys. `public`
   * needs no key.
   */
  authenticate(caller: Caller, wanted?: Role): Promise<Access>;
  /**
   * Registers a stream connection after {@linkcode authenticate}: it counts against the client's
   * sessions and receives changes of its access. Rejects with {@linkcode AccessDenied} (429) above
   * the client's limit, which applies over all gateways.
   */
  openSession(session: StreamSession, caller: Caller): Promise<Lease>;
  /**
   * Returns a ticket that opens one stream (`?ticket=…`) within 30 s, for pages of other origins,
   * which cannot send a header. Throws {@linkcode AccessDenied}.
   */
  newTicket(access: Access): string;
  /** Opens a browser session; returns the token for its cookie. */
  signIn(access: Access): string;
  /** Browser sign-in at a token issuer; undefined = not available. */
  readonly issuerSignIn: BrowserSignIn | undefined;
  /**
   * Ends a browser session; resolves to the address at which the browser signs out at the token
   * issuer, undefined = it did not sign in there, or the issuer offers no sign-out.
   */
  signOut(token: string): Promise<string | undefined>;
  /** Reason why its store is not used, as a sentence; undefined = in use, or no store. */
  readonly storeProblem?: string | undefined;
  /** Whether it refuses everyone because its store has not answered for too long. */
  readonly isStoreLost?: boolean;
  /** Writes the counted usage and closes the store. */
  close(): Promise<void>;
}

/** Options of {@linkcode keylessAuthenticator}. */
export interface KeylessOptions extends OriginPolicyOptions {
  /** Requests a second from one address; default GATEWAY_LIMITS. */
  requestsPerSecondMax?: number;
}

/**
 * Creates the authenticator of an environment without keys: refuses pages of other origins, and
 * limits administration to callers of this machine.
 */
export function keylessAuthenticator(options: KeylessOptions): Authenticator {
  const near = openAccess("superadmin");
  const far = openAccess("metrics");
  const names = new OriginPolicy(options);
  const { keylessRequestsPerSecondMax, keylessAddressesMax } = GATEWAY_LIMITS;
  const perSecondMax = options.requestsPerSecondMax ?? keylessRequestsPerSecondMax;
  const rate = new AddressRate(perSecondMax, keylessAddressesMax, () => performance.now());
  const checkCaller = (caller: Caller, wanted: Role, access: Access) => {
    const foreign = wanted === "public" ? undefined : names.check(caller);
    if (foreign !== undefined) return foreign;
    if (!mayActAs(access.role, wanted)) return loopbackOnly();
    // Local programs are administrators: with a rate, one could lock out the others.
    return access === near || caller.isProbe ? undefined : rate.takeRequest(caller.address);
  };
  return {
    mode: "open",
    meterFeeds: new MeterFeeds(),
    authenticate: (caller, wanted = "viewer") => {
      const access = isLocalCaller(caller) ? near : far;
      const denied = checkCaller(caller, wanted, access);
      return denied === undefined ? Promise.resolve(access) : Promise.reject(denied);
    },
    openSession: () => Promise.resolve(NO_LEASE),
    newTicket: () => "none",
    signIn: () => "none",
    issuerSignIn: undefined,
    counts: undefined,
    signOut: () => Promise.resolve(undefined),
    close: () => Promise.resolve(),
  };
}

const NO_LEASE: Lease = { release: () => {} };

function loopbackOnly(): AccessDenied {
  return new AccessDenied("LOOPBACK_ONLY", "Without keys this is for the own machine", {
    status: 403,
    hint: "Ask from the machine of the gateway, or let the environment ask for keys",
  });
}

/** Headers that proxies add: the remote address is then not the caller's. */
const PROXY_HEADERS = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via"];

/**
 * Whether the request comes from a local program or page. A foreign page can send through a local
 * browser (also by DNS rebinding), anybody through a local proxy: neither counts as local.
 */
function isLocalCaller(caller: Caller): boolean {
  const { host } = caller.headers;
  const named = typeof host === "string" ? host.replace(/:\d+$/, "") : "localhost";
  const isProxied = PROXY_HEADERS.some((name) => caller.headers[name] !== undefined);
  return isLoopback(caller.address) && isLoopback(named) && !isProxied &&
    !isFromOtherOrigin(caller);
}
