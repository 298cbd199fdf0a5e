import assert from "node:assert/strict";
import { staleFiles } from "./generate.ts";
import { jsonSchemas } from "./json_schema.ts";

const EXCHANGES = new URL("../../exchanges/", import.meta.url);

Deno.test("the JSON Schemas of the repository and docs/configuration.md are up to date", () => {
  assert.deepEqual(staleFiles(), []);
});

Deno.test("every registry file names its JSON Schema, and no file names one that is not there", () => {
  const kinds = {
    calendars: "calendar",
    feeds: "feed",
    environments: "environment",
    schemas: "schema",
    policies: "policy",
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

Deno.test("every field of every file is described", () => {
  const undescribed: string[] = [];
  const visit = (node: unknown, path: string): void => {
    if (typeof node !== "object" || node === null) return;
    const { properties = {}, ...below } = node as { properties?: Record<string, object> };
    for (const [name, field] of Object.entries(properties)) {
      if (!("description" in field)) undescribed.push(`${path}.${name}`);
      visit(field, `${path}.${name}`);
    }
    for (const each of Object.values(below)) visit(each, path);
  };
  for (const [name, text] of jsonSchemas()) visit(JSON.parse(text), name);
  assert.deepEqual(undescribed, []);
});
