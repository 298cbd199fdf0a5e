import assert from "node:assert/strict";
import fc from "fast-check";
import {
  scopeOf,
  seal,
  SEAL_SCOPES,
  type SealedSecret,
  sealedSecret,
  sealedSecretText,
  sealingKeyOf,
  type SealTarget,
} from "./sealed_secret.ts";
import { parse } from "yaml";
import { type ControllerKeys, controllerKeys, hasProgram } from "./testing/certificates.ts";
import { openSealed } from "./testing/controller.ts";

const REQUIRED = Deno.env.get("SSMD_REQUIRE_SERVICES") === "1";
const HAS_OPENSSL = REQUIRED || await hasProgram("openssl", "version");
const HAS_PYTHON = REQUIRED || await hasProgram("python3", "-c", "import cryptography");
const UNSEAL = new URL("./testing/unseal.py", import.meta.url).pathname;

const STRICT: SealTarget = { name: "kalshi", namespace: "ssmd", scope: "strict" };
const PEM = "-----BEGIN PRIVATE KEY-----\nMIIE…äöü\n-----END PRIVATE KEY-----\n";

function withKeys(
  sentence: string,
  ignore: boolean,
  body: (keys: ControllerKeys) => Promise<void>,
) {
  Deno.test({
    name: sentence,
    ignore,
    fn: async () => {
      const dir = await Deno.makeTempDir();
      try {
        await body(await controllerKeys(dir));
      } finally {
        await Deno.remove(dir, { recursive: true });
      }
    },
  });
}

withKeys(
  "a sealed value is opened by another implementation of the controller, byte by byte",
  !HAS_OPENSSL,
  async (keys) => {
    const key = await sealingKeyOf(keys.certificate, Date.now());
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "grapheme", maxLength: 3000 }), async (value) => {
        const sealed = await seal(value, key, STRICT);
        assert.equal(openSealed(sealed, keys.privateKey, "ssmd/kalshi"), value);
      }),
      { numRuns: 20 },
    );
  },
);

withKeys("it opens nowhere but within its scope", !HAS_OPENSSL, async (keys) => {
  const key = await sealingKeyOf(keys.certificate, Date.now());
  const labels = ["ssmd/kalshi", "ssmd", "", "other/kalshi", "ssmd/other", "other", "ssmd/kalshi "];
  const opens = { strict: "ssmd/kalshi", "namespace-wide": "ssmd", "cluster-wide": "" };
  for (const scope of SEAL_SCOPES) {
    const sealed = await seal(PEM, key, { ...STRICT, scope });
    for (const label of labels) {
      const open = () => openSealed(sealed, keys.privateKey, label);
      if (label === opens[scope]) assert.equal(open(), PEM);
      else assert.throws(open, `${scope} was opened with label "${label}"`);
    }
  }
});

withKeys(
  "the controller's format in Python opens it, and refuses another name",
  !HAS_OPENSSL || !HAS_PYTHON,
  async (keys) => {
    const key = await sealingKeyOf(keys.certificate, Date.now());
    for (const [scope, label] of [["strict", "ssmd/kalshi"], ["cluster-wide", ""]] as const) {
      const sealed = await seal(PEM, key, { ...STRICT, scope });
      assert.deepEqual(await python(keys, sealed, label), { code: 0, text: PEM });
      assert.deepEqual(await python(keys, sealed, "ssmd/other"), { code: 3, text: "" });
    }
  },
);

async function python(keys: ControllerKeys, sealed: string, label: string) {
  const child = new Deno.Command("python3", {
    args: [UNSEAL, keys.privateKeyPath, label],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  await new Blob([sealed]).stream().pipeTo(child.stdin);
  const { code, stdout } = await child.output();
  return { code, text: new TextDecoder().decode(stdout) };
}

withKeys("a changed byte anywhere makes it impossible to open", !HAS_OPENSSL, async (keys) => {
  const sealed = await seal(PEM, await sealingKeyOf(keys.certificate, Date.now()), STRICT);
  const bytes = Uint8Array.fromBase64(sealed);
  for (let at = 0; at < bytes.length; at += 17) {
    const changed = bytes.slice();
    changed[at] = (changed[at] ?? 0) ^ 1;
    assert.throws(() => openSealed(changed.toBase64(), keys.privateKey, "ssmd/kalshi"), `${at}`);
  }
});

withKeys("the same value is never sealed the same way twice", !HAS_OPENSSL, async (keys) => {
  const key = await sealingKeyOf(keys.certificate, Date.now());
  const sealed = await Promise.all(Array.from({ length: 5 }, () => seal("x", key, STRICT)));
  assert.equal(new Set(sealed.map((each) => each.slice(-24))).size, 5);
});

withKeys(
  "an expired certificate, and one of the future, are refused",
  !HAS_OPENSSL,
  async (keys) => {
    const yearMs = 365 * 86_400_000;
    for (const nowMs of [Date.now() + yearMs, Date.now() - yearMs]) {
      await assert.rejects(sealingKeyOf(keys.certificate, nowMs), { code: "KEY_CERT_EXPIRED" });
    }
  },
);

withKeys("what is no certificate is refused without being repeated", !HAS_OPENSSL, async (keys) => {
  const broken = keys.certificate.replace(/M/g, "A");
  for (const text of ["", "hello", keys.privateKey, broken]) {
    await assert.rejects(sealingKeyOf(text, Date.now()), (error: Error) => {
      assert.equal((error as Error & { code: string }).code, "KEY_CERT_INVALID");
      assert.ok(!error.message.includes(keys.privateKey.slice(40, 80)));
      return true;
    });
  }
  await controllerKeys(keys.dir, "-newkey", "ed25519").then(({ certificate }) =>
    assert.rejects(sealingKeyOf(certificate, Date.now()), { code: "KEY_CERT_INVALID" })
  );
});

Deno.test("a manifest says its scope by annotations, in the template too", () => {
  for (const scope of SEAL_SCOPES) {
    const manifest = sealedSecret({ ...STRICT, scope }, { key_id: "AgB…" });
    const read = parse(sealedSecretText(manifest)) as SealedSecret;
    assert.deepEqual(read, manifest);
    assert.equal(scopeOf(read.metadata), scope);
    assert.deepEqual(read.spec.template.metadata, read.metadata);
    assert.equal(read.apiVersion, "bitnami.com/v1alpha1");
    const annotations = scope === "strict"
      ? undefined
      : { [`sealedsecrets.bitnami.com/${scope}`]: "true" };
    assert.deepEqual(read.metadata.annotations, annotations);
  }
});
