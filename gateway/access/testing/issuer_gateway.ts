import assert from "node:assert/strict";
import type { Rbac } from "@ssmd/metadata";
import { silentLogger } from "@ssmd/runtime";
import { freePort } from "../../../tests/servers/free_port.ts";
import type { GatewayOptions } from "../../gateway_options.ts";
import { IssuerSignIn } from "../issuer_sign_in.ts";
import { TokenCheck } from "../token_check.ts";
import { CLIENT_ID, FakeIssuer } from "./fake_issuer.ts";
import { type GuardedGateway, withGuardedGateway } from "./guarded_gateway.ts";

/** A guarded gateway with sign-in at an issuer. */
export interface IssuerGateway extends GuardedGateway {
  issuer: FakeIssuer;
  clock: { ms: number };
  /** Replaces the client secret that the gateway reads; undefined = its key cannot be read. */
  setSecret(secret: string | undefined): void;
}

/** Options of {@linkcode withIssuerGateway}. */
interface IssuerGatewayOptions {
  host?: string;
  audit?: NonNullable<GatewayOptions["audit"]>;
  /** How the gateway proves itself; absent = a public client. */
  clientAuth?: "client_secret_basic" | "client_secret_post";
}

const RBAC: Rbac = {
  environment: "test",
  clients: {},
  tokens: [
    { claim: "groups", value: "desk", role: "viewer", client: "desk" },
    { claim: "groups", value: "operators", role: "operator", client: "desk" },
  ],
  certificates: [],
};

/**
 * Runs a test with a gateway and an issuer, whose groups `desk` and `operators` map to the client
 * `desk`, which sees BTC*. Browsers reach the gateway as `host`.
 */
export async function withIssuerGateway(
  test: (rig: IssuerGateway) => Promise<void>,
  { host = "127.0.0.1", clientAuth, ...more }: IssuerGatewayOptions,
): Promise<void> {
  await using issuer = new FakeIssuer();
  await issuer.addKey("one");
  const port = freePort();
  issuer.redirectUri = `http://${host}:${port}/sign-in/callback`;
  const clock = { ms: Date.now() };
  const signIn = {
    ...{ client_id: CLIENT_ID, authorization_url: `${issuer.url}/authorize`, scopes: ["groups"] },
    ...{ token_url: `${issuer.url}/token`, redirect_url: issuer.redirectUri },
    client_auth: clientAuth ?? "client_secret_basic",
  };
  const spec = {
    ...{ issuer: issuer.url, jwks_url: `${issuer.url}/keys`, audience: "ssmd" },
    ...{ algorithms: ["RS256" as const], clock_skew_s: 30, sign_in: signIn },
  };
  const now = () => clock.ms;
  const tokens = new TokenCheck(spec, { logger: silentLogger, now });
  let secret: string | undefined;
  const readSecret = () => Promise.try(() => secret ?? assert.fail("KEY_MISSING"));
  const clientSecret = clientAuth && readSecret;
  const options = { tokens, logger: silentLogger, now, clientSecret };
  const issuerSignIn = new IssuerSignIn(spec, signIn, options);
  await withGuardedGateway(async (rig) => {
    await rig.key("desk", {}, { feed: "kraken", symbols: "BTC*" });
    await test({ ...rig, issuer, clock, setSecret: (next) => secret = next });
  }, { ...more, rbac: RBAC, port, access: { tokens, issuerSignIn, now } });
}
