import assert from "node:assert/strict";
import { hostOf } from "./address_host.ts";
import { environmentReach } from "./environment_reach.ts";

const FEED = `id: kraken
versions:
  - from: "2023-01-01"
    endpoint: wss://ws.kraken.com/v2
  - from: "2026-11-01"
    endpoint: wss://ws2.kraken.com/v2
`;
const ENVIRONMENT = `name: prod
feeds: [kraken]
keys:
  bus: { type: transport, fields: [user, password], source: "file:/etc/ssmd/bus.yaml" }
  s3: { type: storage, fields: [access_key], source: "mount:/mnt/s3" }
transport:
  type: nats
  url: nats://nats.lan,nats://user@nats-2.lan:4223
storage:
  type: s3
  endpoint: https://s3.eu-central-1.amazonaws.com
  buckets: { raw: our-raw, normalized: our-normalized }
journal: { type: file, path: /var/lib/ssmd/journal }
gateway: { host: "::", tls: { cert: /etc/tls.pem, key: /etc/tls.key }, clients: { type: sqlite, path: /var/lib/ssmd/clients/prod.sqlite } }
`;

function reach(text: string): string[] {
  return environmentReach(
    { path: "prod.yaml", text },
    (id) => id === "kraken" ? { path: "kraken.yaml", text: FEED } : undefined,
  ).map(({ kind, what, file, line, field }) => `${kind} ${what} ${file}:${line} ${field}`);
}

Deno.test("an environment names hosts and folders, each with file, line and field", () => {
  assert.deepEqual(reach(ENVIRONMENT), [
    "net nats.lan:4222 prod.yaml:8 transport.url",
    "net nats-2.lan:4223 prod.yaml:8 transport.url",
    "net s3.eu-central-1.amazonaws.com:443 prod.yaml:11 storage.endpoint",
    "net our-raw.s3.eu-central-1.amazonaws.com:443 prod.yaml:12 storage.buckets.raw",
    "net our-normalized.s3.eu-central-1.amazonaws.com:443 prod.yaml:12 storage.buckets.normalized",
    "read /etc/tls.pem prod.yaml:14 gateway.tls.cert",
    "read /etc/tls.key prod.yaml:14 gateway.tls.key",
    "write /var/lib/ssmd/journal prod.yaml:13 journal.path",
    "write /var/lib/ssmd/clients prod.yaml:14 gateway.clients.path",
    "net [::] prod.yaml:14 gateway.host",
    "read /etc/ssmd/bus.yaml prod.yaml:4 keys.bus.source",
    "read /mnt/s3 prod.yaml:5 keys.s3.source",
    "net ws.kraken.com:443 kraken.yaml:4 versions.0.endpoint",
    "net ws2.kraken.com:443 kraken.yaml:6 versions.1.endpoint",
  ]);
});

Deno.test("an address of the environment's own takes the place of the feed's; a simulated feed needs none", () => {
  const own = "feeds: [kraken]\nendpoints: { kraken: ws://127.0.0.2:9501/v2 }\n";
  assert.deepEqual(reach(own), ["net 127.0.0.2:9501 prod.yaml:2 endpoints.kraken"]);
  assert.deepEqual(reach("feeds: [kraken]\nsimulator: { seed: 1 }\n"), []);
});

Deno.test("an issuer is reached for its keys; where people sign in, also for tokens and sign-outs", () => {
  const keys = "gateway:\n  oidc:\n    issuer: https://login.example/desk\n" +
    "    jwks_url: https://keys.example/jwks\n";
  assert.deepEqual(reach(keys), ["net keys.example:443 prod.yaml:4 gateway.oidc.jwks_url"]);
  const signIn = `${keys}    sign_in: { token_url: "https://token.example:8443/token" }\n`;
  assert.deepEqual(reach(signIn).slice(1), [
    "net token.example:8443 prod.yaml:5 gateway.oidc.sign_in.token_url",
    "net login.example:443 prod.yaml:3 gateway.oidc.issuer",
  ]);
});

Deno.test("a database of clients is a host, with the usual port where none is named", () => {
  const at = (url: string) => reach(`gateway:\n  clients: { type: postgres, url: ${url} }\n`);
  assert.deepEqual(at("postgres://db.lan/ssmd"), [
    "net db.lan:5432 prod.yaml:2 gateway.clients.url",
  ]);
  assert.deepEqual(at("'postgresql://db.lan:6000/a?sslmode=require'"), [
    "net db.lan:6000 prod.yaml:2 gateway.clients.url",
  ]);
  const tls = "{ type: postgres, url: postgres://db/a, tls: { ca: ./ca.pem, key: ./own.key } }";
  assert.deepEqual(reach(`gateway:\n  clients: ${tls}\n`).slice(1), [
    "read ./ca.pem prod.yaml:2 gateway.clients.tls.ca",
    "read ./own.key prod.yaml:2 gateway.clients.tls.key",
  ]);
});

Deno.test("a file that is broken or of another shape names nothing", () => {
  for (const text of ["", "a: [", "- 1", "transport: 7", "storage: { path: 5 }", "a: *b"]) {
    assert.deepEqual(reach(text), [], text);
  }
});

Deno.test("a host has the port of its address, or the usual one of the scheme", () => {
  assert.equal(hostOf("nats://[::1]:4333"), "[::1]:4333");
  assert.equal(hostOf("tls://a.example"), "a.example:4222");
  assert.equal(hostOf("http://a.example/x?y"), "a.example:80");
  assert.equal(hostOf("data/x"), undefined);
});
