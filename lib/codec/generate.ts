/**
 * Writes `lib/codec/generated` from `exchanges/schemas`; with `--check` it writes nothing, names
 * every file that is not up to date and ends with 1. @module
 */
import { createHash } from "node:crypto";
import { EVENT_TYPES } from "@ssmd/market";
import { messageOf } from "@ssmd/runtime";
import { emitRecord, emitSchemas, type SchemaSource } from "./emit.ts";
import { parseSchema } from "./schema/mod.ts";

const SCHEMA_FOLDER = new URL("../../exchanges/schemas/", import.meta.url);
const GENERATED_FOLDER = new URL("./generated/", import.meta.url);
const SCHEMA_VERSION = "v1";

/** The generated files of a folder of schemas: name → text. Throws CodecError, and Deno's errors. */
export function generate(schemas: URL = SCHEMA_FOLDER): Map<string, string> {
  const sources = EVENT_TYPES.map((type): SchemaSource => {
    const file = `${type}.capnp`;
    const bytes = Deno.readFileSync(new URL(file, schemas));
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    return { type, schema: parseSchema(file, text), sha256, text };
  });
  return new Map([
    ...sources.map((source) => [`${source.type}.ts`, emitRecord(source)] as const),
    ["schemas.ts", emitSchemas(sources, SCHEMA_VERSION)],
  ]);
}

/** Names of the files in `folder` that differ from `files`, are missing, or should not be there. */
export function staleIn(files: Map<string, string>, folder: URL = GENERATED_FOLDER): string[] {
  const present = namesIn(folder);
  const changed = [...files].filter(([name, text]) =>
    !present.includes(name) || Deno.readTextFileSync(new URL(name, folder)) !== text
  );
  const extra = present.filter((name) => !files.has(name));
  return [...changed.map(([name]) => name), ...extra].sort();
}

function namesIn(folder: URL): string[] {
  try {
    return [...Deno.readDirSync(folder)].map(({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

function write(files: Map<string, string>, stale: string[]): void {
  Deno.mkdirSync(GENERATED_FOLDER, { recursive: true });
  for (const name of stale) {
    const text = files.get(name);
    const place = new URL(name, GENERATED_FOLDER);
    if (text === undefined) Deno.removeSync(place);
    else Deno.writeTextFileSync(place, text);
  }
}

function main(args: readonly string[]): number {
  const files = generate();
  const stale = staleIn(files);
  if (!args.includes("--check")) {
    write(files, stale);
    console.log(stale.length === 0 ? "nothing to do" : `wrote ${stale.join(", ")}`);
    return 0;
  }
  for (const name of stale) console.error(`lib/codec/generated/${name} is stale`);
  if (stale.length > 0) console.error("run: deno task codegen");
  return stale.length > 0 ? 1 : 0;
}

if (import.meta.main) {
  try {
    Deno.exit(main(Deno.args));
  } catch (error) {
    console.error(messageOf(error));
    Deno.exit(1);
  }
}
