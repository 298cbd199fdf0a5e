import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import type { KeySpec } from "./environment.ts";
import { shapeFindings } from "./key_shape.ts";
import { controllerKeys, hasProgram } from "./testing/certificates.ts";

const SPEC: KeySpec = {
  type: "api_key",
  fields: ["key_id", "private_key"],
  required: true,
  source: "env",
};
const AS_PEM = { format: "pem", type: "pkcs8" } as const;

function rsaPem(modulusLength: number): string {
  return generateKeyPairSync("rsa", { modulusLength }).privateKey.export(AS_PEM) as string;
}

function finding(field: string, value: string, spec: KeySpec = SPEC): string | undefined {
  return shapeFindings(spec, new Map([[field, value]]))[0]?.message;
}

const RSA = rsaPem(2048);

Deno.test("keys as venues issue them are accepted", () => {
  const ed25519 = generateKeyPairSync("ed25519").privateKey.export(AS_PEM) as string;
  const pkcs1 = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey
    .export({ format: "pem", type: "pkcs1" }) as string;
  for (const pem of [RSA, RSA.trimEnd(), ed25519, pkcs1]) {
    assert.equal(finding("private_key", pem), undefined);
  }
  assert.equal(finding("private_key", btoa("x".repeat(64))), undefined);
  assert.equal(finding("key_id", "7f1c2a9e-0000-4000-8000-3d2b5a7c9e11"), undefined);
});

Deno.test("what is no key is told by what is wrong with it, without a piece of it", () => {
  const cases: [string, string, RegExp][] = [
    ["key_id", "changeme", /placeholder/],
    ["key_id", "<your key>", /placeholder/],
    ["key_id", " abc", /blanks/],
    ["key_id", "abc\n", /blanks/],
    ["key_id", "a\nb", /control characters/],
    ["private_key", "no base64!", /neither PEM/],
    ["private_key", "c2hvcnQ=", /shorter than 16/],
    ["private_key", rsaPem(1024), /RSA key of 1024 bits/],
    ["private_key", RSA.slice(0, 400), /does not end/],
    ["private_key", RSA.replace(/[a-z]/g, "A"), /no private key that can be read/],
    ["private_key", `x${RSA}`, /something before/],
    ["private_key", RSA.replaceAll("PRIVATE", "PUBLIC"), /is a PUBLIC KEY/],
    ["private_key", RSA.replaceAll("PRIVATE", "ENCRYPTED PRIVATE"), /passphrase/],
    ["key_id", "x".repeat(70_000), /longer than/],
  ];
  for (const [field, value, expected] of cases) {
    const message = finding(field, value) ?? "";
    assert.match(message, expected);
    assert.ok(!message.includes(RSA.slice(60, 80)));
  }
});

Deno.test({
  name: "a certificate and a key that do not belong together are told",
  ignore: !await hasProgram("openssl", "version"),
  fn: async () => {
    const dir = await Deno.makeTempDir();
    const { certificate, privateKey } = await controllerKeys(dir);
    await Deno.remove(dir, { recursive: true });
    const spec: KeySpec = { ...SPEC, type: "tls", fields: ["cert", "key"] };
    const findings = (key: string) =>
      shapeFindings(spec, new Map([["cert", certificate], ["key", key]]));
    assert.deepEqual(findings(privateKey), []);
    assert.deepEqual(findings(RSA), [
      { field: "key", message: "does not belong to the certificate in cert" },
    ]);
    assert.match(finding("cert", "hello", spec) ?? "", /no PEM text/);
  },
});
