import assert from "node:assert/strict";
import { buildCatalogue } from "./build.ts";
import { commandIn } from "./catalogue.ts";
import { generateFiles } from "./generate.ts";
import { loadCatalogue, loadSchemas } from "./load.ts";
import { parameterOf, type RawParameter } from "./parameters.ts";

const catalogue = await buildCatalogue();

Deno.test("what is in git is what the commands say: deno task codegen", async () => {
  assert.deepEqual(await generateFiles(true), []);
  assert.deepEqual(await loadCatalogue(), JSON.parse(JSON.stringify(catalogue)));
});

Deno.test("every command has a description, an example, and briefs for all it takes", () => {
  for (const { name, description, examples, flags, arguments: args, usage } of catalogue.commands) {
    assert.ok(description.length > 0 && examples.length > 0, name);
    assert.ok(usage.startsWith(`ssmd ${name}`), usage);
    for (const example of examples) assert.match(example, /\bssmd /, name);
    for (const each of [...flags, ...args]) {
      assert.ok(each.brief.length > 0, `${name} ${each.name}`);
    }
  }
});

Deno.test("no flag of a command means something else than the same flag of all commands", () => {
  for (const { name, flags } of catalogue.commands) {
    for (const flag of flags) {
      const shared = catalogue.global_flags.find((each) => each.name === flag.name);
      if (shared !== undefined) assert.equal(flag.type, shared.type, `${name} --${flag.name}`);
    }
  }
});

Deno.test("every --output knows json, and its schema allows not everything", async () => {
  const schemas = await loadSchemas();
  for (const { name, output } of catalogue.commands) {
    if (output === undefined) continue;
    assert.ok(output.formats.includes("json"), name);
    const schema = schemas[name];
    assert.ok(String(schema?.["title"]).startsWith(`ssmd ${name}`), name);
    assert.ok(
      schema?.["type"] ?? schema?.["anyOf"] ?? schema?.["oneOf"],
      `${name} allows everything`,
    );
  }
});

Deno.test("the longest words that name a command win", () => {
  assert.equal(commandIn(catalogue, ["archive", "cat", "x"])?.name, "archive cat");
  assert.equal(commandIn(catalogue, ["up", "x"])?.name, "up");
  assert.equal(commandIn(catalogue, ["archive"]), undefined);
  assert.equal(commandIn(catalogue, []), undefined);
});

Deno.test("what completes a parameter follows from its placeholder, name and command", () => {
  const of = (name: string, raw: Partial<RawParameter>, route: string[] = [], argument = false) =>
    parameterOf(name, { brief: "", ...raw }, { route, argument }).completes;
  assert.equal(of("env", {}), "environment");
  assert.equal(of("from", { placeholder: "env" }), "environment");
  assert.equal(of("key", { placeholder: "file" }), "file");
  assert.equal(of("port", { placeholder: "n" }), undefined);
  assert.equal(of("quiet", { kind: "boolean" }), undefined);
  assert.equal(of("name", { placeholder: "name" }, ["env", "show"], true), "environment");
  assert.equal(of("id", { placeholder: "id" }, ["feed", "show"], true), "feed");
  assert.equal(of("id", { placeholder: "id" }, ["feed", "create"], true), undefined);
  assert.equal(of("file", { placeholder: "file" }, ["schema", "register"], true), "file");
});

Deno.test("types follow from what the parser takes", () => {
  const of = (raw: Partial<RawParameter>) =>
    parameterOf("x", { brief: "", ...raw }, { route: [] }).type;
  assert.deepEqual(
    [
      { kind: "boolean" },
      { kind: "counter" },
      { values: ["a"] },
      { placeholder: "n|max" },
      { placeholder: "30s" },
      { placeholder: "date" },
      { placeholder: "file" },
      {},
    ].map(of),
    ["boolean", "count", "choice", "number", "duration", "date", "file", "text"],
  );
});
