import { z } from "zod";
import { CREDENTIALS, KEY_REFERENCE } from "./environment_key.ts";
import { TLS_TO_SERVER } from "./environment_tls.ts";
import { address, duration, fields, oneOf, plainText, port, text } from "./shape.ts";

/** `require` does not verify the server's certificate. */
const SSL_MODES: ReadonlySet<string> = new Set(["disable", "require", "verify-full"]);

const SLOW_CLIENTS = fields({
  policy: z.enum(["drop_newest", "drop_oldest", "conflate", "disconnect"]).exactOptional()
    .describe("Policy for clients that do not choose one"),
  buffer_bytes: z.int().min(65_536).max(1_073_741_824).exactOptional()
    .describe("Maximum bytes waiting for one client"),
  buffer_messages: z.int().min(100).max(10_000_000).exactOptional()
    .describe("Maximum messages waiting for one client"),
  disconnect_after_s: z.int().min(1).max(86_400).exactOptional()
    .describe("Seconds of dropping after which a client is disconnected"),
});

const postgresAddress = address(["postgres", "postgresql"]).superRefine((value, context) => {
  if (!URL.canParse(value)) return;
  const { pathname, searchParams } = new URL(value);
  if (!/^\/[^/]+$/.test(pathname)) {
    context.addIssue({ code: "custom", message: "must name a database: postgres://host/database" });
  }
  for (const [name, text] of searchParams) {
    if (name === "sslmode" && SSL_MODES.has(text)) continue;
    const message = `has ?${name}=${text}. Allowed: sslmode=${[...SSL_MODES].join(", sslmode=")}`;
    context.addIssue({ code: "custom", message });
  }
});

const CLIENTS = oneOf([
  fields({
    type: z.literal("sqlite").describe("Database file on this machine"),
    path: plainText.describe("File of the database"),
  }),
  fields({
    type: z.literal("postgres").describe(
      "PostgreSQL database shared by gateways of several machines",
    ),
    url: postgresAddress.describe(
      "postgres://host:port/database, with ?sslmode=verify-full for TLS; the environment uses " +
        "the schema ssmd_<name>",
    ),
    tls: TLS_TO_SERVER.exactOptional().describe(
      "TLS with a CA or a client certificate of its own; absent = as sslmode says",
    ),
    credentials: CREDENTIALS.exactOptional()
      .describe("user and password → reference $key:name.field"),
    clients_kept: duration.exactOptional().describe(
      "How long known clients are still accepted while the database does not answer; absent = " +
        "10m",
    ),
  }),
]);

const sendFrom = z.enum(["low", "medium", "high"]).default("high")
  .describe("Lowest priority of the issues that are handed over");

const ISSUES = oneOf([
  fields({
    type: z.literal("linear").describe("Linear"),
    url: address(["https", "http"]).default("https://api.linear.app/graphql")
      .describe("Linear's GraphQL API"),
    team_id: plainText.describe("Id of the team that receives the issues"),
    from: sendFrom,
    credentials: CREDENTIALS.describe("token → reference $key:name.field"),
  }),
  fields({
    type: z.literal("webhook").describe("JSON by POST to an address"),
    url: address(["https", "http"]).describe("Address of the POST request"),
    from: sendFrom,
    credentials: CREDENTIALS.exactOptional()
      .describe("secret, with which requests are signed → reference $key:name.field"),
  }),
]);

const SIGN_IN = fields({
  client_id: plainText.describe(
    "Client id of the gateway at the issuer; without credentials a public client with PKCE",
  ),
  credentials: fields({
    client_secret: KEY_REFERENCE.describe("Reference $key:name.field"),
  }).exactOptional().describe(
    "client_secret → reference $key:name.field, for a confidential client; absent = a public one",
  ),
  client_auth: z.enum(["client_secret_basic", "client_secret_post"])
    .default("client_secret_basic")
    .describe("How the client secret is sent to token_url; the issuer's client names one"),
  authorization_url: address(["https", "http"]).describe(
    "Authorization endpoint of the issuer",
  ),
  token_url: address(["https", "http"]).describe("Token endpoint of the issuer"),
  redirect_url: text(
    /^https?:\/\/[A-Za-z0-9.\-:[\]]+\/sign-in\/callback$/,
    "the gateway as browsers reach it: https://desk.example/sign-in/callback",
  ).describe(
    "Redirect address of the sign-in; it must be registered at the issuer, and for sign-outs " +
      "the same address with /sign-in as its path",
  ),
  scopes: z.array(text(/^[\x21\x23-\x5b\x5d-\x7e]+$/, "a scope: groups")).max(20).default([])
    .describe("Scopes in addition to openid, for the claims used in rbac/<environment>.yaml"),
});

const OIDC = fields({
  issuer: address(["https", "http"]).describe("Issuer of the tokens: must equal their iss exactly"),
  jwks_url: address(["https", "http"]).describe("Address of the issuer's public keys (JWKS)"),
  audience: plainText.describe("Audience: must be one of the tokens' aud"),
  algorithms: z.array(z.enum(["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"]))
    .min(1).default(["RS256", "ES256"]).describe("Accepted signature algorithms"),
  clock_skew_s: z.int().min(0).max(300).default(30)
    .describe("Allowed difference of the clocks, seconds"),
  keys_kept: duration.exactOptional().describe(
    "How long the last known keys are used while jwks_url does not answer; absent = 1h",
  ),
  sign_in: SIGN_IN.exactOptional().describe(
    "Sign-in of browsers at the issuer; absent = only with API keys",
  ),
});

const CLIENT_CERTIFICATES = fields({
  proxies: z.array(text(/^[0-9a-fA-F.:]+$/, "an address without a port: 10.0.0.5")).min(1).max(20)
    .describe("Addresses of the proxies whose X-Forwarded-Client-Cert is trusted"),
});

const TLS = fields({
  cert: plainText.describe("File (PEM) with the certificate and its intermediate certificates"),
  key: plainText.describe("File (PEM) with its private key, without a password"),
  client_ca: plainText.exactOptional().describe(
    "File (PEM) with the CA of callers' certificates; absent = no certificate is requested. " +
      "rbac/<environment>.yaml maps their subjects to clients and roles",
  ),
});

const hostName = text(/^[A-Za-z0-9][A-Za-z0-9.-]*$/, "a host's name, without a port");
const origin = text(
  /^https?:\/\/[A-Za-z0-9.\-:[\]]+$/,
  "an origin: https://desk.example, without a path",
);

/** `gateway` of an environment: listening address and authentication of clients. */
export const GATEWAY = fields({
  host: plainText.exactOptional()
    .describe("Interface to listen on; absent = 127.0.0.1, reachable only from this machine"),
  port: port.describe("TCP port"),
  auth: z.enum(["open", "required"]).default("open")
    .describe("Who may read: open = everyone who can reach it, required = callers with a key"),
  open_to_network: z.boolean().exactOptional().describe(
    "Confirms that auth: open is intended on a host other than loopback",
  ),
  allowed_hosts: z.array(hostName).max(100).exactOptional().describe(
    "Host names accepted by a gateway without keys, in addition to loopback and host",
  ),
  allowed_origins: z.array(origin).max(100).exactOptional()
    .describe("Origins of the pages that may call a gateway without keys: https://desk.example"),
  clients: CLIENTS.exactOptional().describe(
    "Store of clients and their keys; absent = clients/<environment>.sqlite beside the spools",
  ),
  oidc: OIDC.exactOptional().describe(
    "Tokens accepted in addition to keys; rbac/<environment>.yaml maps them to clients and " +
      "roles",
  ),
  tls: TLS.exactOptional().describe(
    "TLS of the gateway itself; the files are read again when they change; absent = plain " +
      "HTTP",
  ),
  client_certificates: CLIENT_CERTIFICATES.exactOptional().describe(
    "Proxies that terminate TLS and forward the client's certificate; " +
      "rbac/<environment>.yaml maps it to clients and roles",
  ),
  issues: ISSUES.exactOptional().describe(
    "Receiver of issues reported by clients, from a priority on; absent = issues are kept " +
      "here only",
  ),
  slow_clients: SLOW_CLIENTS.exactOptional().describe(
    "Policy for clients that read too slowly; absent values = the gateway's defaults",
  ),
});

/** Listening address and authentication of clients. */
export type GatewaySpec = z.output<typeof GATEWAY>;

/** Issue tracker for client reports. */
export type IssuesSpec = NonNullable<GatewaySpec["issues"]>;
