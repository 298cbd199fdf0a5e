import assert from "node:assert/strict";
import { type Environment, type GatewaySpec, journalConfig } from "@ssmd/metadata";
import { openJournal } from "@ssmd/journal";
import { silentLogger } from "@ssmd/runtime";
import { AUDIT_TOPIC, environmentAuthenticator } from "./environment_authenticator.ts";
import { callerWith } from "./testing/api_key_rig.ts";
import { newKey } from "./api_key.ts";

function environment(gateway: GatewaySpec, dir = ""): Environment {
  return {
    name: "test",
    ...{ keys: {}, feeds: ["kraken"], schema: "v1", symbols: {}, signals: {}, gateway },
    transport: { type: "memory" },
    storage: { type: "memory" },
    cache: { type: "memory" },
    journal: dir === "" ? { type: "memory" } : { type: "file", path: `${dir}/journal` },
  };
}

const open = (host: string, more: Partial<GatewaySpec> = {}) =>
  environmentAuthenticator(environment({ port: 1, auth: "open", ...more }), {
    ...{ host, dataDir: "/nowhere", registryDir: "/nowhere", logger: silentLogger },
  });

Deno.test("without keys only loopback is listened on, unless everyone is meant", async () => {
  assert.equal((await open("127.0.0.1")).mode, "open");
  for (const host of ["0.0.0.0", "::", "10.0.0.1", "gateway.example"]) {
    await assert.rejects(open(host), { code: "GATEWAY_OPEN", name: "ConfigError" });
    assert.equal((await open(host, { open_to_network: true })).mode, "open");
  }
});

Deno.test("an open authenticator gives the administration to this machine, and not to pages of others", async () => {
  const authenticator = await open("127.0.0.1");
  const from = (address: string, headers: Record<string, string> = {}) =>
    authenticator.authenticate(callerWith("", { address, headers }), "admin")
      .then(({ role }) => role, ({ code }) => code);
  assert.equal(await from("127.0.0.1"), "superadmin");
  assert.equal(
    await from("::1", { host: "localhost:8080", origin: "http://localhost:8080" }),
    "superadmin",
  );
  assert.equal(await from("192.0.2.1"), "LOOPBACK_ONLY");
  const evil = { host: "127.0.0.1:8080", origin: "http://evil.example" };
  assert.equal(await from("127.0.0.1", evil), "FOREIGN_ORIGIN");
  const rebound = { host: "evil.example:8080", origin: "http://evil.example:8080" };
  assert.equal(await from("127.0.0.1", rebound), "FOREIGN_HOST");
  assert.equal(
    (await authenticator.authenticate(callerWith("", { address: "192.0.2.1" }))).client,
    "",
  );
});

Deno.test("with keys the store and the journal are where the environment has them", async () => {
  const dir = await Deno.makeTempDir({ prefix: "ssmd-authenticator-" });
  try {
    const spec = environment({ port: 1, auth: "required" }, dir);
    const options = { host: "0.0.0.0", dataDir: dir, registryDir: dir, logger: silentLogger };
    const authenticator = await environmentAuthenticator(spec, options);
    const planted = newKey();
    await assert.rejects(authenticator.authenticate(callerWith(planted.text)), {
      code: "KEY_INVALID",
    });
    await authenticator.close();
    assert.ok((await Deno.stat(`${dir}/clients/test.sqlite`)).isFile);
    const journal = await openJournal(journalConfig(spec));
    const records = await Array.fromAsync(journal.read(AUDIT_TOPIC));
    await journal.close();
    assert.deepEqual(records.map(({ record }) => record["code"]), ["KEY_INVALID"]);
    for await (const { name } of Deno.readDir(`${dir}/journal`)) {
      const text = await Deno.readTextFile(`${dir}/journal/${name}`);
      assert.ok(!text.includes(planted.secret), name);
    }
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("a gateway that needs a client secret for its sign-in does not start without it", async () => {
  const dir = await Deno.makeTempDir({ prefix: "ssmd-authenticator-" });
  const signIn = {
    ...{ client_id: "page", authorization_url: "https://login.example/a", scopes: [] },
    ...{ token_url: "https://login.example/t", client_auth: "client_secret_basic" as const },
    redirect_url: "https://desk.example/sign-in/callback",
    credentials: { client_secret: "$key:issuer.secret" },
  };
  const oidc = {
    ...{ issuer: "https://login.example", jwks_url: "https://login.example/k", audience: "ssmd" },
    ...{ algorithms: ["RS256" as const], clock_skew_s: 30, sign_in: signIn },
  };
  const key = {
    type: "api_key",
    fields: ["secret"],
    required: false,
    source: `file:${dir}/issuer`,
  };
  const spec = {
    ...environment({ port: 1, auth: "required", oidc }, dir),
    keys: { issuer: key as Environment["keys"][string] },
  };
  const reported: string[] = [];
  const options = {
    ...{ host: "127.0.0.1", dataDir: dir, registryDir: dir, logger: silentLogger },
    onKeyAccess: (_: unknown, { keys, outcome }: { keys: string[]; outcome: string }) =>
      Promise.resolve(void reported.push(`${outcome} ${keys}`)),
  };
  try {
    await assert.rejects(environmentAuthenticator(spec, options), { code: "KEY_MISSING" });
    await Deno.writeTextFile(`${dir}/issuer`, "secret: s3cret\n");
    const authenticator = await environmentAuthenticator(spec, options);
    assert.equal(authenticator.issuerSignIn?.host, "login.example");
    await authenticator.close();
    assert.deepEqual(reported, ["done issuer", "done issuer"]);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
