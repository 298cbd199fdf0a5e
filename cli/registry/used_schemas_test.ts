import assert from "node:assert/strict";
import { SCHEMAS } from "@ssmd/codec";
import { memoryStorage } from "@ssmd/storage";
import { FEED_DAY, fillArchive } from "@ssmd/dataset/testing/archive_fixtures";
import { Registry } from "./registry.ts";
import { usedSchemas } from "./used_schemas.ts";

const TRADE = `name: trade
struct: Trade
versions:
  - version: v1
    from: "2025-01-01"
    file: trade.capnp
    sha256: ${SCHEMAS.trade.sha256}
    status: active
`;
const REGISTRY = new Registry(
  "exchanges",
  new Map([["schemas/trade.yaml", TRADE], ["schemas/trade.capnp", SCHEMAS.trade.text]]),
);

Deno.test("archived files tell the version of the schema that they were written with", async () => {
  const storage = memoryStorage();
  await fillArchive(storage);
  const uses = await usedSchemas(storage, REGISTRY);
  const trade = uses.find(({ schema }) => schema === "trade");
  assert.equal(trade?.version, "v1");
  assert.equal(trade.day, FEED_DAY.day);
  assert.equal(trade.feed, FEED_DAY.feed);
  assert.ok(trade.records > 0 && trade.files > 0);
  // What the registry does not know has no version.
  assert.ok(uses.filter(({ schema }) => schema !== "trade").every(({ version }) => !version));
  assert.deepEqual(await usedSchemas(storage, REGISTRY, { day: "2020-01-01" }), []);
  assert.deepEqual(await usedSchemas(storage, REGISTRY, { env: "other" }), []);
  await storage.close();
});
