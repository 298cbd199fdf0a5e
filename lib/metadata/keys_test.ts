import assert from "node:assert/strict";
import { ConfigError } from "@ssmd/runtime";
import type { Environment, KeySpec } from "./environment.ts";
import { type KeySources, keyVariable } from "./key_source.ts";
import { resolveKeys } from "./keys.ts";

const SECRET = "s3cr3t-planted";
const CREDENTIALS = { key_id: "$key:kalshi.key_id", private_key: "$key:kalshi.private_key" };

function environmentWith(keys: Record<string, KeySpec>): Environment {
  return {
    name: "test",
    feeds: ["kalshi"],
    schema: "v1",
    keys,
    symbols: {},
    signals: {},
    transport: { type: "memory" },
    storage: { type: "memory" },
    cache: { type: "memory" },
    journal: { type: "memory" },
    gateway: { port: 8080, auth: "open" },
    credentials: { kalshi: CREDENTIALS },
  };
}

const SPEC: KeySpec = {
  type: "api_key",
  fields: ["key_id", "private_key"],
  required: true,
  source: "env",
};
const IN_FILE: KeySpec = { ...SPEC, source: "file:./secrets/kalshi.yaml" };

function sources(
  variables: Record<string, string>,
  files: Record<string, string> = {},
): KeySources {
  return {
    env: (name) => variables[name],
    readFile: (path) => {
      const text = files[path];
      return text === undefined
        ? Promise.reject(new Deno.errors.NotFound(path))
        : Promise.resolve(text);
    },
  };
}

async function failure(spec: KeySpec, from: KeySources): Promise<ConfigError> {
  const error = await resolveKeys(environmentWith({ kalshi: spec }), from)
    .then(() => undefined, (thrown: unknown) => thrown);
  assert.ok(error instanceof ConfigError);
  return error;
}

Deno.test("the variable of a key's field is upper snake case", () => {
  assert.equal(keyVariable("kalshi-prod", "key_id"), "SSMD_KEY_KALSHI_PROD_KEY_ID");
});

Deno.test("keys come from variables, with the line breaks of PEM restored", async () => {
  const keys = await resolveKeys(
    environmentWith({ kalshi: SPEC }),
    sources({
      SSMD_KEY_KALSHI_KEY_ID: "id",
      SSMD_KEY_KALSHI_PRIVATE_KEY: "-----BEGIN X-----\\nabc\\n-----END X-----",
    }),
  );
  assert.deepEqual(keys.values(CREDENTIALS), {
    key_id: "id",
    private_key: "-----BEGIN X-----\nabc\n-----END X-----",
  });
});

Deno.test("keys come from a YAML or a JSON file", async () => {
  for (
    const text of [
      "key_id: id\nprivate_key: |\n  a\n  b\n",
      '{"key_id":"id","private_key":"a\\nb\\n"}',
    ]
  ) {
    const from = sources({}, { "./secrets/kalshi.yaml": text });
    const keys = await resolveKeys(environmentWith({ kalshi: IN_FILE }), from);
    assert.equal(keys.value("$key:kalshi.private_key"), "a\nb\n");
  }
});

Deno.test("a missing field names its variable, never a value", async () => {
  const error = await failure(SPEC, sources({ SSMD_KEY_KALSHI_KEY_ID: SECRET }));
  assert.equal(error.code, "KEY_MISSING");
  assert.match(error.message, /kalshi\.private_key \(variable SSMD_KEY_KALSHI_PRIVATE_KEY\)/);
  assert.ok(!JSON.stringify([error.message, error.hint, error.context]).includes(SECRET));
});

Deno.test("an empty variable counts as missing", async () => {
  const error = await failure(SPEC, sources({ SSMD_KEY_KALSHI_KEY_ID: "" }));
  assert.match(error.message, /KALSHI_KEY_ID.*KALSHI_PRIVATE_KEY/);
});

Deno.test("a missing key file is named, with what it should hold", async () => {
  const error = await failure(IN_FILE, sources({}));
  assert.match(error.message, /\.\/secrets\/kalshi\.yaml of key "kalshi" cannot be read/);
  assert.match(error.hint, /key_id, private_key/);
});

Deno.test("a broken key file is refused without repeating a piece of it", async () => {
  for (
    const text of [
      SECRET,
      `key_id: "${SECRET}`,
      `[${SECRET}]`,
      `key_id: *${SECRET}`,
      `key_id: x\nprivat_key: ${SECRET}\n`,
      "",
    ]
  ) {
    const error = await failure(IN_FILE, sources({}, { "./secrets/kalshi.yaml": text }));
    assert.ok(!JSON.stringify([error.message, error.hint, error.context]).includes(SECRET), text);
    assert.ok(!String(error.cause ?? "").includes(SECRET), text);
  }
});

Deno.test("a key that is not required may be absent, until it is referred to", async () => {
  const keys = await resolveKeys(
    environmentWith({ kalshi: { ...IN_FILE, required: false } }),
    sources({}),
  );
  assert.throws(() => keys.values(CREDENTIALS), { code: "KEY_MISSING" });
});

Deno.test("resolved keys show no value when they are printed", async () => {
  const variables = { SSMD_KEY_KALSHI_KEY_ID: SECRET, SSMD_KEY_KALSHI_PRIVATE_KEY: SECRET };
  const keys = await resolveKeys(environmentWith({ kalshi: SPEC }), sources(variables));
  assert.ok(!`${JSON.stringify(keys)}${Deno.inspect(keys)}${String(keys)}`.includes(SECRET));
});

Deno.test("keys come from a folder with a file a field, without the line end of editors", async () => {
  for (
    const source of ["mount:/run/kalshi", "mount:/run/kalshi/", "sealed-secret/kalshi"] as const
  ) {
    const from = sources({ SSMD_SECRETS_DIR: "/run" }, {
      "/run/kalshi/key_id": "id\n",
      "/run/kalshi/private_key": "a\n\n",
    });
    const keys = await resolveKeys(environmentWith({ kalshi: { ...SPEC, source } }), from);
    assert.deepEqual(keys.values(CREDENTIALS), { key_id: "id", private_key: "a\n" });
  }
});

Deno.test("a missing mounted field names its file", async () => {
  const from = sources({}, { "/var/run/secrets/ssmd/kalshi/key_id": SECRET });
  const error = await failure({ ...SPEC, source: "sealed-secret/kalshi" }, from);
  assert.equal(error.code, "KEY_MISSING");
  assert.match(error.message, /\/kalshi\/private_key\)/);
  assert.ok(!JSON.stringify([error.message, error.hint, error.context]).includes(SECRET));
});

Deno.test("a mounted file that may not be read is told as that, not as missing", async () => {
  const from: KeySources = {
    env: () => undefined,
    readFile: () => Promise.reject(new Deno.errors.PermissionDenied("no")),
  };
  const error = await failure({ ...SPEC, source: "mount:/run/kalshi" }, from);
  assert.equal(error.code, "KEY_UNREADABLE");
  assert.match(error.message, /\/run\/kalshi\/key_id/);
});
