import { isLoopback } from "@ssmd/runtime";
import type { Caller } from "./caller.ts";
import { headerOf, isFromOtherOrigin } from "./credential.ts";
import { AccessDenied } from "./access_denied.ts";

/** Allowed hosts and origins of a gateway without keys. */
export interface OriginPolicyOptions {
  /** Interface that the gateway listens on. */
  host: string;
  /** Additional names in `Host`, without a port. */
  allowedHosts?: readonly string[];
  /** Origins whose pages may send requests, `https://desk.example`. */
  allowedOrigins?: readonly string[];
}

/**
 * Keeps web pages out of a gateway without keys. Browsers run foreign pages on the gateway's
 * machine or network: streams are open to any origin unless refused, other requests cost work even
 * if the page cannot read the answer, and with DNS rebinding a page counts as same-origin unless
 * `Host` is checked. Programs send no `Origin`, and the host they connected to.
 */
export class OriginPolicy {
  #hosts: ReadonlySet<string>;
  #origins: ReadonlySet<string>;
  #onEveryInterface: boolean;

  constructor({ host, allowedHosts = [], allowedOrigins = [] }: OriginPolicyOptions) {
    this.#hosts = new Set([host, ...allowedHosts].map((name) => bare(name)));
    this.#origins = new Set(allowedOrigins.map((origin) => origin.toLowerCase()));
    this.#onEveryInterface = ["0.0.0.0", "::"].includes(bare(host));
  }

  /** Returns the error of a foreign host or origin (403); undefined = allowed. */
  check(caller: Caller): AccessDenied | undefined {
    if (!this.#isOwnHost(headerOf(caller.headers, "host"))) return foreignHost();
    return this.#isOwnOrigin(caller) ? undefined : foreignOrigin();
  }

  /** Only names can be rebound, not addresses. A request without `Host` comes from a program. */
  #isOwnHost(header: string | undefined): boolean {
    if (header === undefined) return true;
    const name = nameOf(header);
    if (name === undefined) return false;
    if (isLoopback(name) || this.#hosts.has(name)) return true;
    return this.#onEveryInterface && isAddress(name);
  }

  #isOwnOrigin(caller: Caller): boolean {
    if (!isFromOtherOrigin(caller) && !isFetchOfOtherSite(caller)) return true;
    return this.#origins.has(headerOf(caller.headers, "origin")?.toLowerCase() ?? "");
  }
}

/** Whether a page of another site loads this, other than by navigation; works without Origin. */
function isFetchOfOtherSite({ headers }: Caller): boolean {
  const site = headerOf(headers, "sec-fetch-site") ?? "none";
  return site !== "none" && site !== "same-origin" &&
    headerOf(headers, "sec-fetch-mode") !== "navigate";
}

/** Returns the name in a `Host` header, lower case without brackets; undefined = invalid. */
function nameOf(header: string): string | undefined {
  const name = /^(\[[\da-f:.]+\]|[\w.-]+)(?::\d{1,5})?$/i.exec(header)?.[1];
  return name === undefined ? undefined : bare(name);
}

function bare(name: string): string {
  return name.toLowerCase().replace(/^\[(.*)\]$/, "$1").replace(/\.$/, "");
}

function isAddress(name: string): boolean {
  return name.includes(":") || /^\d{1,3}(\.\d{1,3}){3}$/.test(name);
}

function foreignHost(): AccessDenied {
  return new AccessDenied("FOREIGN_HOST", "The gateway is not called by this name", {
    status: 403,
    hint: "Ask by the address that it listens on, or name the host in gateway.allowed_hosts",
  });
}

function foreignOrigin(): AccessDenied {
  return new AccessDenied("FOREIGN_ORIGIN", "A page of another origin asks", {
    status: 403,
    hint: "Name the page's origin in gateway.allowed_origins, or let the environment ask for keys",
  });
}
