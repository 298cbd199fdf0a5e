import assert from "node:assert/strict";
import { parse } from "yaml";
import { parseSchema, SchemaError } from "@ssmd/codec";
import { checkSources, type SourceFile } from "./check.ts";
import { formatFinding } from "./finding.ts";
import { REGISTRY_FOLDERS } from "./registry_file.ts";
import type { SchemaTextCheck } from "./schema_references.ts";

const DATA = new URL("./testdata/registries/", import.meta.url);
const ON = "2026-11-20";

/** A broken registry: the good one with changes, and what is found. */
interface Broken {
  what: string;
  /** Path → texts and what stands in their place, in turn. */
  replace?: Record<string, string[]>;
  rename?: Record<string, string>;
  remove?: string[];
  add?: Record<string, string>;
  expected?: string[];
}

const checkSchemaText: SchemaTextCheck = (text, struct) => {
  try {
    const { structs } = parseSchema("", text);
    const found = struct === undefined || structs.some(({ name }) => name === struct);
    return found ? undefined : { line: 1, column: 1, message: `holds no struct ${struct}` };
  } catch (error) {
    assert.ok(error instanceof SchemaError);
    return {
      line: error.line,
      column: error.column,
      message: error.message.replace(/^[:\d]+ /, ""),
    };
  }
};

function goodFiles(): Map<string, string> {
  return new Map(
    REGISTRY_FOLDERS.flatMap((folder) =>
      [...Deno.readDirSync(new URL(`good/${folder}/`, DATA))].map(({ name }) =>
        [
          `${folder}/${name}`,
          Deno.readTextFileSync(new URL(`good/${folder}/${name}`, DATA)),
        ] as const
      )
    ),
  );
}

function brokenFiles({ replace = {}, rename = {}, remove = [], add = {} }: Broken) {
  const files = goodFiles();
  for (const [path, pairs] of Object.entries(replace)) {
    for (let i = 0; i < pairs.length; i += 2) {
      const text = files.get(path) ?? "";
      assert.ok(text.includes(pairs[i] as string), `${path} has no ${pairs[i]}`);
      files.set(path, text.replace(pairs[i] as string, () => pairs[i + 1] as string));
    }
  }
  for (const [from, to] of Object.entries(rename)) {
    files.set(to, files.get(from) ?? "");
    files.delete(from);
  }
  for (const path of remove) assert.ok(files.delete(path));
  for (const [path, text] of Object.entries(add)) files.set(path, text);
  return files;
}

function findingsOf(files: ReadonlyMap<string, string>): string[] {
  const sources: SourceFile[] = [...files].map(([path, text]) => ({ path, text }));
  return checkSources(sources, { on: ON, checkSchemaText, isWhole: true }).findings.map(
    formatFinding,
  );
}

function brokenNames(): string[] {
  return [...Deno.readDirSync(new URL("bad/", DATA))].map(({ name }) => name).sort();
}

Deno.test("the good registry has no finding", () => assert.deepEqual(findingsOf(goodFiles()), []));

for (const name of brokenNames()) {
  const folder = new URL(`bad/${name}`, DATA);
  const broken = parse(Deno.readTextFileSync(folder)) as Broken;
  Deno.test(`${broken.what}: ${name} has exactly the findings expected`, () => {
    const findings = findingsOf(brokenFiles(broken));
    assert.notEqual(findings.length, 0);
    assert.deepEqual(findings, broken.expected);
  });
}

Deno.test("at least 60 broken registries and files are kept", () => {
  const files = [...Deno.readDirSync(new URL("./testdata/bad/", import.meta.url))];
  const single = files.filter(({ name }) => name.endsWith(".yaml")).length;
  assert.ok(single + brokenNames().length >= 60);
  assert.ok(brokenNames().length >= 30);
});
