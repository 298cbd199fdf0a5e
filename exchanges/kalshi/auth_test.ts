import assert from "node:assert/strict";
import { constants, generateKeyPairSync, verify } from "node:crypto";
import { SsmdError } from "@ssmd/runtime";
import { kalshi } from "./venue.ts";

const ENDPOINT = "ws://127.0.0.1:9/trade-api/ws/v2";
const PATH = "/trade-api/ws/v2";
const NOW_MS = 1_785_542_400_123;

const RSA = generateKeyPairSync("rsa", { modulusLength: 2048 });
const RSA_PUBLIC = RSA.publicKey.export({ type: "spki", format: "pem" }) as string;
const PKCS8 = RSA.privateKey.export({ type: "pkcs8", format: "pem" }) as string;
const PKCS1 = RSA.privateKey.export({ type: "pkcs1", format: "pem" }) as string;
const EDWARDS = generateKeyPairSync("ed25519");
const EDWARDS_PRIVATE = EDWARDS.privateKey.export({ type: "pkcs8", format: "pem" }) as string;

function sign(private_key: string, nowMs = NOW_MS) {
  return kalshi.handshake(ENDPOINT, { key_id: "key-1", private_key }, nowMs);
}

async function refusal(credentials: Record<string, string>): Promise<SsmdError> {
  try {
    await kalshi.handshake(ENDPOINT, credentials, NOW_MS);
  } catch (error) {
    if (error instanceof SsmdError) return error;
    throw error;
  }
  return assert.fail("The key was taken.");
}

/** Whether OpenSSL takes the signature of a handshake. */
function isSigned(headers: Record<string, string>): boolean {
  return verify(
    "sha256",
    new TextEncoder().encode(`${NOW_MS}GET${PATH}`),
    { key: RSA.publicKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 },
    Uint8Array.fromBase64(headers["KALSHI-ACCESS-SIGNATURE"] ?? ""),
  );
}

Deno.test("OpenSSL verifies the RSA-PSS signature over time, method and path", async () => {
  const { url, headers } = await sign(PKCS8);
  assert.equal(url, ENDPOINT);
  assert.equal(headers["KALSHI-ACCESS-KEY"], "key-1");
  assert.equal(headers["KALSHI-ACCESS-TIMESTAMP"], String(NOW_MS));
  assert.ok(isSigned(headers));
});

Deno.test("keys are known by their content, whatever the label and line breaks", async () => {
  const relabeled = PKCS1.replaceAll("RSA PRIVATE KEY", "PRIVATE KEY");
  for (const key of [PKCS8, PKCS1, relabeled, PKCS1.replaceAll("\n", "\\n")]) {
    assert.ok(isSigned((await sign(key)).headers));
  }
  const { headers } = await sign(EDWARDS_PRIVATE);
  const signature = Uint8Array.fromBase64(headers["KALSHI-ACCESS-SIGNATURE"] ?? "");
  const text = new TextEncoder().encode(`${NOW_MS}GET${PATH}`);
  assert.ok(verify(null, text, EDWARDS.publicKey, signature));
});

Deno.test("missing and wrong keys are refused with what to do, and never shown", async () => {
  assert.equal((await refusal({})).code, "VENUE_CREDENTIALS_MISSING");
  assert.match((await refusal({ private_key: PKCS8 })).message, /key_id/);
  const encrypted = RSA.privateKey.export({
    type: "pkcs8",
    format: "pem",
    cipher: "aes-256-cbc",
    passphrase: "secret",
  }) as string;
  const elliptic = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey
    .export({ type: "pkcs8", format: "pem" }) as string;
  const broken = `-----BEGIN PRIVATE KEY-----\n${btoa("no key at all")}\n-----END PRIVATE KEY-----`;
  for (
    const private_key of [encrypted, RSA_PUBLIC, elliptic, broken, "hunter2", PKCS8.slice(0, 200)]
  ) {
    const error = await refusal({ key_id: "key-1", private_key });
    assert.equal(error.code, "VENUE_KEY_UNREADABLE");
    assert.notEqual(error.hint, "");
    const shown = `${error.message} ${error.hint} ${JSON.stringify(error.context)}`;
    const body = private_key.split("\n")[1] ?? private_key;
    assert.ok(!shown.includes(body.slice(0, 16)), shown);
  }
});
