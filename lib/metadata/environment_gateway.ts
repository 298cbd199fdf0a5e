import { z } from "zod";
import { CREDENTIALS } from "./environment_key.ts";
import { address, duration, fields, oneOf, plainText, port, text } from "./shape.ts";

/** `require` does not verify the server's certificate. */
const SSL_MODES: ReadonlySet<string> = new Set(["disable", "require", "verify-full"]);

const SLOW_CLIENTS = fields({
  policy: z.enum(["drop_newest", "drop_oldest", "conflate", "disconnect"]).exactOptional()
    .describe("For clients that do not choose one themselves"),
  buffer_bytes: z.int().min(65_536).max(1_073_741_824).exactOptional()
    .describe("Bytes that may wait for one client"),
  buffer_messages: z.int().min(100).max(10_000_000).exactOptional()
    .describe("Messages that may wait for one client"),
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
    type: z.literal("sqlite").describe("A database file of this machine"),
    path: plainText.describe("File of the database"),
  }),
  fields({
    type: z.literal("postgres").describe("A PostgreSQL that gateways of several machines share"),
    url: postgresAddress.describe(
      "postgres://host:port/database, with ?sslmode=verify-full for TLS; the environment has the " +
        "schema ssmd_<name> in it",
    ),
    credentials: CREDENTIALS.exactOptional()
      .describe("user and password → reference $key:name.field"),
    clients_kept: duration.exactOptional().describe(
      "Time for which known clients go on while the database does not answer; absent = 10m",
    ),
  }),
]);

const sendFrom = z.enum(["low", "medium", "high"]).default("high")
  .describe("The least priority of issues that are handed over");

const ISSUES = oneOf([
  fields({
    type: z.literal("linear").describe("Linear"),
    url: address(["https", "http"]).default("https://api.linear.app/graphql")
      .describe("Its GraphQL API"),
    team_id: plainText.describe("Id of the team that gets the issues"),
    from: sendFrom,
    credentials: CREDENTIALS.describe("token → reference $key:name.field"),
  }),
  fields({
    type: z.literal("webhook").describe("JSON to an address"),
    url: address(["https", "http"]).describe("Where it is posted to"),
    from: sendFrom,
    credentials: CREDENTIALS.exactOptional()
      .describe("secret, which signs what is sent → reference $key:name.field"),
  }),
]);

const SIGN_IN = fields({
  client_id: plainText.describe("Name of the gateway at the issuer, a public client with PKCE"),
  authorization_url: address(["https", "http"]).describe(
    "Where the issuer asks people who they are",
  ),
  token_url: address(["https", "http"]).describe("Where it gives tokens for codes"),
  redirect_url: text(
    /^https?:\/\/[A-Za-z0-9.\-:[\]]+\/sign-in\/callback$/,
    "the gateway as browsers reach it: https://desk.example/sign-in/callback",
  ).describe("Where the issuer sends browsers back to; it must be registered there"),
  scopes: z.array(text(/^[\x21\x23-\x5b\x5d-\x7e]+$/, "a scope: groups")).max(20).default([])
    .describe("Scopes beside openid, for the claims that rbac/<environment>.yaml looks at"),
});

const OIDC = fields({
  issuer: address(["https", "http"]).describe("Who signs the tokens: their iss, letter by letter"),
  jwks_url: address(["https", "http"]).describe("Where the issuer shows its public keys (JWKS)"),
  audience: plainText.describe("What tokens must be for: one of their aud"),
  algorithms: z.array(z.enum(["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"]))
    .min(1).default(["RS256", "ES256"]).describe("Signatures that are accepted, and no others"),
  clock_skew_s: z.int().min(0).max(300).default(30)
    .describe("Seconds by which the clocks may differ"),
  keys_kept: duration.exactOptional().describe(
    "Time for which the keys seen last hold while jwks_url does not answer; absent = 1h",
  ),
  sign_in: SIGN_IN.exactOptional().describe(
    "How people sign in to the page at the issuer; absent = with keys alone",
  ),
});

const CLIENT_CERTIFICATES = fields({
  proxies: z.array(text(/^[0-9a-fA-F.:]+$/, "an address without a port: 10.0.0.5")).min(1).max(20)
    .describe("Addresses of proxies whose X-Forwarded-Client-Cert is believed, and no others"),
});

const TLS = fields({
  cert: plainText.describe("File (PEM) of the certificate, and of those between it and its root"),
  key: plainText.describe("File (PEM) of its private key, without a password"),
  client_ca: plainText.exactOptional().describe(
    "File (PEM) of who signs certificates of callers; absent = none is asked for. What their " +
      "subjects stand for is said in rbac/<environment>.yaml",
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
    .describe("Interface to listen on; absent = 127.0.0.1, which only this machine reaches"),
  port: port.describe("TCP port"),
  auth: z.enum(["open", "required"]).default("open")
    .describe("Who may read: open = everyone who reaches it, required = who has a key"),
  open_to_network: z.boolean().exactOptional().describe(
    "Says that auth: open is meant for everyone who reaches a host that is not loopback",
  ),
  allowed_hosts: z.array(hostName).max(100).exactOptional().describe(
    "Names by which a gateway without keys may be called (Host), besides loopback and host",
  ),
  allowed_origins: z.array(origin).max(100).exactOptional()
    .describe("Origins whose pages may ask a gateway without keys: https://desk.example"),
  clients: CLIENTS.exactOptional().describe(
    "Where clients and their keys are kept; absent = clients/<environment>.sqlite beside the spools",
  ),
  oidc: OIDC.exactOptional().describe(
    "Tokens that are accepted beside keys; rbac/<environment>.yaml says what they stand for",
  ),
  tls: TLS.exactOptional().describe(
    "TLS of the gateway itself: files that are read again when they change; absent = plain HTTP",
  ),
  client_certificates: CLIENT_CERTIFICATES.exactOptional().describe(
    "Proxies that end TLS and tell whose certificate they saw; rbac/<environment>.yaml says what " +
      "it stands for",
  ),
  issues: ISSUES.exactOptional().describe(
    "Where issues go that clients report and that count enough; absent = they stay here",
  ),
  slow_clients: SLOW_CLIENTS.exactOptional().describe(
    "What happens to clients that do not read fast enough; what is absent is the gateway's default",
  ),
});

/** Listening address and authentication of clients. */
export type GatewaySpec = z.output<typeof GATEWAY>;

/** Issue tracker for client reports. */
export type IssuesSpec = NonNullable<GatewaySpec["issues"]>;
