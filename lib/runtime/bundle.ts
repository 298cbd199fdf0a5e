// Not exported by mod.ts: only generators of files use esbuild.
import * as esbuild from "esbuild";
import { ConfigError } from "./errors.ts";

/** Bundles and minifies one file. Throws esbuild's errors and ConfigError `BUNDLE_EMPTY`. */
export async function bundle(options: esbuild.BuildOptions): Promise<Uint8Array> {
  try {
    const { outputFiles: [file] = [] } = await esbuild.build({
      ...{ bundle: true, write: false, minify: true, charset: "utf8", logLevel: "silent" },
      target: "es2022",
      ...options,
    });
    if (file === undefined) {
      throw new ConfigError("BUNDLE_EMPTY", "The bundler gave no file", {
        hint: "Name an entry point that exists, and one output",
      });
    }
    return file.contents;
  } finally {
    await esbuild.stop();
  }
}

/** Returns the generated files that differ from those in a folder. */
export async function staleFiles(
  folder: URL,
  files: ReadonlyMap<string, Uint8Array>,
): Promise<string[]> {
  const stale: string[] = [];
  for (const [name, contents] of files) {
    const kept = await Deno.readFile(new URL(name, folder)).catch(() => new Uint8Array(0));
    const isSame = kept.length === contents.length && kept.every((byte, i) => byte === contents[i]);
    if (!isSame) stale.push(name);
  }
  return stale;
}

/** Writes generated files into a folder; with `--check` only names those that are stale, and fails. */
export async function putFiles(
  folder: URL,
  files: ReadonlyMap<string, Uint8Array>,
): Promise<void> {
  if (!Deno.args.includes("--check")) {
    await Deno.mkdir(folder, { recursive: true });
    for (const [name, contents] of files) await Deno.writeFile(new URL(name, folder), contents);
    return;
  }
  const stale = await staleFiles(folder, files);
  if (stale.length === 0) return;
  console.error(`stale: ${stale.join(", ")} — run: deno task codegen`);
  Deno.exitCode = 1;
}
