import assert from "node:assert/strict";
import { buildCatalogue } from "./build.ts";
import { commandIn } from "./catalogue.ts";
import { generateFiles } from "../generate_catalogue.ts";
import { loadCatalogue, loadSchemas } from "./load.ts";
import { file, on, text, whole } from "../command/flag.ts";
import { parameterOf } from "./parameters.ts";

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

Deno.test("a declared parameter is shown as it is typed, with what completes it", () => {
  assert.deepEqual(parameterOf("olderThan", whole("Days", { default: "7", placeholder: "days" })), {
    ...{ name: "older-than", brief: "Days", type: "number", default: "7" },
    ...{ required: false, repeated: false, placeholder: "days" },
  });
  assert.equal(parameterOf("cert", file("A file")).completes, "file");
  assert.equal(
    parameterOf("env", text("It", { completes: "environment" })).completes,
    "environment",
  );
  assert.equal(parameterOf("color", on("Colour", { negatable: true })).negatable, true);
  assert.equal(parameterOf("key", text("A key", { required: true })).required, true);
});
