import type { Logger } from "@ssmd/runtime";
import type { AppendAudit } from "./access_audit.ts";
import type { ClientStore } from "./client_store.ts";
import type { IssuerSignIn } from "./issuer_sign_in.ts";
import type { Roles } from "./role.ts";
import type { TokenCheck } from "./token_check.ts";

/** Options of `openApiKeyAuthenticator`. */
export interface ApiKeyAuthenticatorOptions {
  /** Closed with the authenticator. */
  store: ClientStore;
  /** Appends to the journal. */
  audit: AppendAudit;
  logger: Logger;
  /** Who may do what; default by the role of the client. */
  roles?: Roles;
  /** Proves tokens; absent = none are accepted. */
  tokens?: TokenCheck;
  /** How browsers sign in at the issuer; absent = they do not. */
  issuerSignIn?: IssuerSignIn;
  /** Addresses of proxies that tell whose certificate they saw; absent = none is believed. */
  proxies?: readonly string[];
  /** Requests a second of a client that has no rate of its own. */
  requestsPerSecondMax: number;
  /** Time for which clients go on while the store does not answer, ms; default for ever. */
  clientsKeptMs?: number;
  /** ms since 1970; default the system's clock. */
  now?: () => number;
  /** Waits; default setTimeout. */
  wait?: (ms: number) => Promise<void>;
  /** Calls again and again until what it returns is called; default setInterval. */
  every?: (ms: number, body: () => void) => () => void;
}
