/**
 * `deno run -A cli/testing/draft_schemas.ts [command]`: writes a draft into `cli/schemas` for every command
 * with `--output` that has no schema yet, from what its examples print. @module
 */
import { buildCatalogue } from "../catalogue/build.ts";
import type { CatalogueCommand } from "../catalogue/catalogue.ts";
import { asJson, runnable, valuesIn } from "./example.ts";
import { inferredSchema } from "./inferred_schema.ts";
import { PREPARATIONS } from "./preparations.ts";
import { makeProject } from "./project.ts";

const ROOT = new URL("../../", import.meta.url);

async function printedBy(command: CatalogueCommand): Promise<unknown[]> {
  const values: unknown[] = [];
  const project = await makeProject();
  try {
    for (const example of command.examples) {
      const before = PREPARATIONS[command.name];
      if (before !== undefined) await project.sh(before);
      const { stdout } = await project.sh(asJson(runnable(example, command)));
      if (stdout !== "") values.push(...valuesIn(stdout));
    }
  } finally {
    await project.remove();
  }
  return values;
}

async function isThere(url: URL): Promise<boolean> {
  return await Deno.stat(url).then(() => true, () => false);
}

if (import.meta.main) {
  const only = Deno.args.join(" ");
  for (const command of (await buildCatalogue()).commands) {
    const { name, output } = command;
    if (output === undefined || (only !== "" && only !== name)) continue;
    const url = new URL(output.schema, ROOT);
    if (await isThere(url)) continue;
    const values = await printedBy(command);
    if (values.length === 0) {
      console.error(`${name}: no example prints anything; no draft`);
      continue;
    }
    const title = `ssmd ${name} --output json`;
    const $schema = "https://json-schema.org/draft/2020-12/schema";
    const schema = { $schema, title, ...inferredSchema(values) };
    await Deno.writeTextFile(url, `${JSON.stringify(schema, null, 2)}\n`);
    console.log(`${output.schema}: from ${values.length} values; go over it`);
  }
}
