/**
 * `deno run -A deploy/slim_packages.ts FOLDER files|packages SPECIFIER…`: deletes from
 * FOLDER/node_modules what no program reads that imports these: packages that they do not reach, and
 * (`files`) of the others code that they do not reach, types and source maps. @module
 */
import { existsSync } from "node:fs";
import * as esbuild from "esbuild";

const CODE = /\.[cm]?js$/;
const NOT_READ = /\.(map|[cm]?tsx?|md|flow)$/i;

/** What packages import where it is installed or a developer of theirs asks for it; nothing has it. */
const ABSENT = ["react-devtools-core", "@swc/wasm", "sharp", "@napi-rs/image", "svgo"];

/** Real paths of the files that are read when the specifiers are imported from `folder`. */
async function reachedFiles(folder: string, specifiers: readonly string[]): Promise<Set<string>> {
  try {
    const { metafile } = await esbuild.build({
      stdin: {
        contents: specifiers.map((each) => `import ${JSON.stringify(each)};`).join("\n"),
        resolveDir: folder,
      },
      ...{ bundle: true, write: false, metafile: true, treeShaking: false, logLevel: "silent" },
      // What Deno reads of a package that has several forms of its code.
      ...{ platform: "node", format: "esm", conditions: ["deno"], loader: { ".node": "empty" } },
      ...{ absWorkingDir: folder, external: ABSENT },
    });
    return new Set(Object.keys(metafile.inputs).map((path) => `${folder}/${path}`));
  } finally {
    await esbuild.stop();
  }
}

/** Deletes what is not reached; gives whether anything is left. */
async function slim(dir: string, reached: ReadonlySet<string>): Promise<boolean> {
  let isUsed = false;
  for await (const { name, isDirectory, isSymlink } of Deno.readDir(dir)) {
    const path = `${dir}/${name}`;
    const stays = isSymlink ||
      (isDirectory
        ? await slim(path, reached)
        : !NOT_READ.test(name) && (reached.has(path) || !CODE.test(name)));
    if (!stays) await Deno.remove(path, { recursive: true });
    isUsed ||= stays;
  }
  return isUsed;
}

/** Deletes names of packages that are not there any more. */
async function dropDeadLinks(dir: string): Promise<void> {
  for await (const { name, isDirectory, isSymlink } of Deno.readDir(dir)) {
    const path = `${dir}/${name}`;
    if (isDirectory) await dropDeadLinks(path);
    else if (isSymlink && !existsSync(path)) await Deno.remove(path);
  }
}

/** Deletes packages of which no code is reached, as those of other programs. */
async function dropPackages(dir: string, reached: ReadonlySet<string>): Promise<void> {
  const used = new Set([...reached].map((path) => path.slice(dir.length + 1).split("/")[0]));
  for await (const { name, isDirectory } of Deno.readDir(dir)) {
    if (isDirectory && !used.has(name) && name !== "node_modules") {
      await Deno.remove(`${dir}/${name}`, { recursive: true });
    }
  }
}

if (import.meta.main) {
  const [folder = "", parts, ...specifiers] = Deno.args;
  const reached = await reachedFiles(await Deno.realPath(folder), specifiers);
  const packages = `${await Deno.realPath(folder)}/node_modules`;
  await dropPackages(`${packages}/.deno`, reached);
  if (parts === "files") await slim(`${packages}/.deno`, reached);
  await dropDeadLinks(packages);
}
