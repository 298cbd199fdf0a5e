import assert from "node:assert/strict";
import { staleSchemas } from "./generate.ts";
import { jsonSchemas } from "./json_schema.ts";

const EXCHANGES = new URL("../../exchanges/", import.meta.url);

Deno.test("the JSON Schemas of the repository are up to date", () => {
  assert.deepEqual(staleSchemas(), []);
});

Deno.test("every registry file names its JSON Schema, and no file names one that is not there", () => {
  const kinds = {
    calendars: "calendar",
    feeds: "feed",
    environments: "environment",
    schemas: "schema",
    qa: "qa",
  };
  for (const [folder, kind] of Object.entries(kinds)) {
    for (const { name } of Deno.readDirSync(new URL(folder, EXCHANGES))) {
      if (!name.endsWith(".yaml")) continue;
      const text = Deno.readTextFileSync(new URL(`${folder}/${name}`, EXCHANGES));
      const [line] = text.split("\n");
      assert.equal(line, `# yaml-language-server: $schema=../${kind}.schema.json`, name);
    }
    assert.ok(jsonSchemas().has(`${kind}.schema.json`));
  }
});

Deno.test("unknown fields are errors to editors too, and allowed words are offered", () => {
  const feed = JSON.parse(jsonSchemas().get("feed.schema.json") ?? "");
  assert.equal(feed.additionalProperties, false);
  assert.deepEqual(feed.properties.status.enum, ["active", "disabled"]);
  const environment = JSON.parse(jsonSchemas().get("environment.schema.json") ?? "");
  assert.deepEqual(environment.required, [
    "name",
    "feeds",
    "schema",
    "symbols",
    "transport",
    "storage",
  ]);
});
