/**
 * Writes the JSON Schemas of the registry's files into `exchanges`, and what they say for people into
 * `docs/configuration.md`; with `--check` it writes nothing, names every one that is not up to date
 * and ends with 1. @module
 */
import { configurationDoc } from "./configuration_doc.ts";
import { jsonSchemas } from "./json_schema.ts";

const ROOT = new URL("../../", import.meta.url);

/** Generated files: path from the repository's root → text. */
function generatedFiles(): Map<string, string> {
  const schemas = [...jsonSchemas()].map(([name, text]) => [`exchanges/${name}`, text] as const);
  return new Map([...schemas, ["docs/configuration.md", configurationDoc()]]);
}

/** Paths of generated files that differ from what they should be, or are missing. */
export function staleFiles(root: URL = ROOT): string[] {
  return [...generatedFiles()].filter(([path, text]) => textOf(new URL(path, root)) !== text)
    .map(([path]) => path);
}

function textOf(url: URL): string | undefined {
  try {
    return Deno.readTextFileSync(url);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

if (import.meta.main) {
  const stale = staleFiles();
  if (Deno.args.includes("--check")) {
    for (const path of stale) console.error(`${path} is stale; run: deno task codegen`);
    Deno.exitCode = stale.length > 0 ? 1 : 0;
  } else {
    for (const [path, text] of generatedFiles()) Deno.writeTextFileSync(new URL(path, ROOT), text);
    console.log(stale.length === 0 ? "nothing to do" : `wrote ${stale.join(", ")}`);
  }
}
