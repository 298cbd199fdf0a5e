/** A registry of a bench's own. @module */
const EXCHANGES = new URL("../exchanges/", import.meta.url).pathname;

/** Writes the repository's feeds and schemas and one environment, as lines of YAML, below `dir`. */
export async function writeRegistry(
  dir: string,
  env: string,
  lines: readonly string[],
): Promise<void> {
  await Deno.mkdir(`${dir}/exchanges/environments`, { recursive: true });
  for (const kind of ["feeds", "schemas"]) {
    await Deno.mkdir(`${dir}/exchanges/${kind}`, { recursive: true });
    for await (const { name, isFile } of Deno.readDir(`${EXCHANGES}${kind}`)) {
      if (!isFile) continue;
      await Deno.copyFile(`${EXCHANGES}${kind}/${name}`, `${dir}/exchanges/${kind}/${name}`);
    }
  }
  const text = [`name: ${env}`, "schema: v1", ...lines, ""].join("\n");
  await Deno.writeTextFile(`${dir}/exchanges/environments/${env}.yaml`, text);
}
