/**
 * Writes `cli/catalogue/commands.json` and `cli/COMMANDS.md` from the commands themselves; with `--check` it only
 * says which of them are not of this state. @module
 */
import { buildCatalogue } from "./build.ts";
import { referenceOf } from "./reference.ts";

const CLI = new URL("../", import.meta.url);

async function textsOf(): Promise<Record<string, string>> {
  const catalogue = await buildCatalogue();
  return {
    "catalogue/commands.json": await formatted(JSON.stringify(catalogue), "json"),
    "COMMANDS.md": await formatted(referenceOf(catalogue), "md"),
  };
}

/** As `deno fmt` wants it, so that the two never disagree. */
async function formatted(text: string, extension: string): Promise<string> {
  const child = new Deno.Command("deno", {
    args: ["fmt", "-q", `--ext=${extension}`, "-"],
    cwd: CLI,
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const output = child.output();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(text));
  await writer.close();
  return new TextDecoder().decode((await output).stdout);
}

/** Writes the files, or with `check` gives those that differ from what would be written. */
export async function generateFiles(check: boolean): Promise<string[]> {
  const stale: string[] = [];
  for (const [path, text] of Object.entries(await textsOf())) {
    const url = new URL(path, CLI);
    if (!check) await Deno.writeTextFile(url, text);
    else if (await Deno.readTextFile(url).catch(() => "") !== text) stale.push(`cli/${path}`);
  }
  return stale;
}

if (import.meta.main) {
  const stale = await generateFiles(Deno.args.includes("--check"));
  for (const path of stale) console.error(`${path} is not of this state: deno task codegen`);
  Deno.exitCode = stale.length === 0 ? 0 : 1;
}
