/**
 * Writes `lib/codec/generated` from `exchanges/schemas`; with `--check` it only lists stale files
 * and exits with 1 if there are any. @module
 */
import { createHash } from "node:crypto";
import { EVENT_TYPES, type EventType } from "@ssmd/market";
import { messageOf } from "@ssmd/runtime/errors";
import { emitRecord, emitSchemas, rootNameOf, type SchemaSource } from "./emit.ts";
import { parseSchema } from "./schema/mod.ts";

const SCHEMA_FOLDER = new URL("../../exchanges/schemas/", import.meta.url);
const GENERATED_FOLDER = new URL("./generated/", import.meta.url);
/** Appended fields whose default is an ordinary value: records without them have that value. */
const READ_AS_DEFAULT: Partial<Record<EventType, readonly string[]>> = { gap: ["channel"] };
/** Fields always optional, whichever version added them. */
const NEVER_REQUIRED: ReadonlySet<string> = new Set(["run", "connection"]);

/** Generates all files from a schema folder: name → text. Throws CodecError, and Deno's errors. */
export function generate(schemas: URL = SCHEMA_FOLDER): Map<string, string> {
  const names = namesIn(schemas);
  const sources = EVENT_TYPES.map((type) => sourceOf(type, schemas, names));
  return new Map([
    ...sources.map((source) => [`${source.type}.ts`, emitRecord(source)] as const),
    ["schemas.ts", emitSchemas(sources)],
  ]);
}

/** Returns a type's newest schema: `trade.capnp` is v1, `trade-v2.capnp` the next. */
function sourceOf(type: EventType, schemas: URL, names: readonly string[]): SchemaSource {
  const number = (name: string) => Number(/-v(\d+)\.capnp$/.exec(name)?.[1] ?? 1);
  const later = names.filter((name) => name.startsWith(`${type}-v`) && name.endsWith(".capnp"));
  const first = `${type}.capnp`;
  const file = later.toSorted((a, b) => number(a) - number(b)).at(-1) ?? first;
  const bytes = Deno.readFileSync(new URL(file, schemas));
  const text = textOf(bytes);
  const schema = parseSchema(first, textOf(Deno.readFileSync(new URL(first, schemas))));
  const root = rootNameOf({ type, schema });
  const fields = schema.structs.find(({ name }) => name === root)?.fields ?? [];
  return {
    ...{ type, text, version: `v${number(file)}`, schema: parseSchema(file, text) },
    required: new Set([
      ...fields.map(({ name }) => name).filter((name) => !NEVER_REQUIRED.has(name)),
      ...READ_AS_DEFAULT[type] ?? [],
    ]),
    sha256: createHash("sha256").update(bytes).digest("hex"),
  };
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
}

/** Returns the names of files in `folder` that differ from `files`, are missing or superfluous. */
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
    const target = new URL(name, GENERATED_FOLDER);
    if (text === undefined) Deno.removeSync(target);
    else Deno.writeTextFileSync(target, text);
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
