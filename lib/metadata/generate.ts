/**
 * Writes the JSON Schemas of registry files to `exchanges`, and `docs/configuration.md`; with
 * `--check` it only lists stale files and exits with 1 if there are any. @module
 */
import { configurationDoc } from "./configuration_doc.ts";
import { jsonSchemas } from "./json_schema.ts";

const ROOT = new URL("../../", import.meta.url);

/** Returns the generated files: path from the repository root → text. */
function generatedFiles(): Map<string, string> {
  const schemas = [...jsonSchemas()].map(([name, text]) => [`exchanges/${name}`, text] as const);
  return new Map([...schemas, ["docs/configuration.md", configurationDoc()]]);
}

/** Returns paths of generated files that are stale or missing. */
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
