/**
 * Writes the JSON Schemas of the registry's files into `exchanges`; with `--check` it writes nothing,
 * names every one that is not up to date and ends with 1. @module
 */
import { jsonSchemas } from "./json_schema.ts";

const FOLDER = new URL("../../exchanges/", import.meta.url);

/** Names of the files in `folder` that differ from what they should be, or are missing. */
export function staleSchemas(folder: URL = FOLDER): string[] {
  return [...jsonSchemas()].filter(([name, text]) => textOf(new URL(name, folder)) !== text)
    .map(([name]) => name);
}

function textOf(place: URL): string | undefined {
  try {
    return Deno.readTextFileSync(place);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

if (import.meta.main) {
  const stale = staleSchemas();
  if (Deno.args.includes("--check")) {
    for (const name of stale) console.error(`exchanges/${name} is stale; run: deno task codegen`);
    Deno.exitCode = stale.length > 0 ? 1 : 0;
  } else {
    for (const [name, text] of jsonSchemas()) Deno.writeTextFileSync(new URL(name, FOLDER), text);
    console.log(stale.length === 0 ? "nothing to do" : `wrote ${stale.join(", ")}`);
  }
}
