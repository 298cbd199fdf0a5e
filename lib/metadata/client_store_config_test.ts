import assert from "node:assert/strict";
import { clientStoreConfig, clientStorePath, schemaOf } from "./client_store_config.ts";
import type { Environment } from "./environment.ts";

const KEY = { type: "database", fields: ["user", "password"], required: true } as const;

function environment(clients?: Environment["gateway"]["clients"], dir = "."): Environment {
  return {
    ...{ name: "prod", feeds: ["kraken"], schema: "v1", symbols: {}, signals: {} },
    keys: { db: { ...KEY, fields: [...KEY.fields], source: `file:${dir}/db.yaml` } },
    gateway: { port: 1, auth: "required", ...(clients === undefined ? {} : { clients }) },
    transport: { type: "memory" },
    storage: { type: "memory" },
    cache: { type: "memory" },
    journal: { type: "memory" },
  };
}

const POSTGRES = {
  type: "postgres",
  url: "postgres://db.lan/ssmd",
  credentials: { user: "$key:db.user", password: "$key:db.password" },
} as const;

Deno.test("clients are in a file beside the data, or where the environment says", async () => {
  const found = async (clients?: Parameters<typeof environment>[0]) =>
    await clientStoreConfig(environment(clients), { dataDir: "data" });
  assert.deepEqual(await found(), { type: "sqlite", path: "data/clients/prod.sqlite" });
  const named = { type: "sqlite", path: "/srv/c.sqlite" } as const;
  assert.deepEqual(await found(named), named);
  assert.equal(clientStorePath(environment(POSTGRES), "data"), undefined);
  const { credentials: _, ...open } = POSTGRES;
  assert.deepEqual(await found({ ...open, clients_kept: 5000 }), {
    ...{ ...open, schema: "ssmd_prod", keptMs: 5000 },
  });
});

Deno.test("the keys of a database are read where it is used, each access is reported", async () => {
  const dir = await Deno.makeTempDir();
  try {
    const accesses: string[] = [];
    const read = () =>
      clientStoreConfig(environment(POSTGRES, dir), {
        dataDir: "data",
        onKeyAccess: (_, { action, keys, outcome }) => {
          accesses.push(`${action} ${keys} ${outcome}`);
          return Promise.resolve();
        },
      });
    await assert.rejects(read(), { name: "ConfigError" });
    await Deno.writeTextFile(`${dir}/db.yaml`, "user: ssmd\npassword: one\n");
    const config = await read();
    assert.ok(config.type === "postgres");
    assert.deepEqual(config.credentials, { user: "ssmd", password: "one" });
    assert.equal(config.keptMs, 600_000);
    await Deno.writeTextFile(`${dir}/db.yaml`, "user: ssmd\npassword: two\n");
    assert.deepEqual(await config.readCredentials?.(), { user: "ssmd", password: "two" });
    assert.deepEqual(accesses, ["resolve db refused", "resolve db done", "resolve db done"]);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("no two environments have the same schema, however long their names are", () => {
  assert.equal(schemaOf("demo-nats"), "ssmd_demo-nats");
  const long = "a".repeat(70);
  const names = [long, `${long}b`, "a".repeat(58), "a".repeat(59)].map(schemaOf);
  assert.equal(new Set(names).size, 4);
  assert.ok(names.every((name) => name.length <= 63));
});
