import type { Logger } from "@ssmd/runtime";
import type { AppendAudit } from "./access_audit.ts";
import type { ClientStore } from "./client_store.ts";
import type { IssuerSignIn } from "./issuer_sign_in.ts";
import type { Roles } from "./role.ts";
import type { TokenCheck } from "./token_check.ts";

/** Options of `openApiKeyAuthenticator`. */
export interface ApiKeyAuthenticatorOptions {
  /** Store of clients; closed with the authenticator. */
  store: ClientStore;
  /** Appends to the journal. */
  audit: AppendAudit;
  logger: Logger;
  /** Roles of callers; default those of their accounts. */
  roles?: Roles;
  /** Verifies tokens; absent = none are accepted. */
  tokens?: TokenCheck;
  /** Browser sign-in at the issuer; absent = not available. */
  issuerSignIn?: IssuerSignIn;
  /** Addresses of proxies trusted to forward client certificates; absent = none. */
  proxies?: readonly string[];
  /** Requests a second of a client without a limit of its own. */
  requestsPerSecondMax: number;
  /** Time for which clients stay valid while the store does not answer, ms; default for ever. */
  clientsKeptMs?: number;
  /** ms since 1970; default the system's clock. */
  now?: () => number;
  /** Waits; default setTimeout. */
  wait?: (ms: number) => Promise<void>;
  /** Starts an interval and returns a function that stops it; default setInterval. */
  every?: (ms: number, body: () => void) => () => void;
}
