/**
 * `deno run -A deploy/slim_packages.ts FOLDER files|packages SPECIFIER…`: deletes from
 * FOLDER/node_modules what programs with these imports do not read: unreached packages and, with
 * `files`, unreached code, types and source maps of the others. @module
 */
import { existsSync } from "node:fs";
import * as esbuild from "esbuild";

const CODE = /\.[cm]?js$/;
const NOT_READ = /\.(map|[cm]?tsx?|md|flow)$/i;

/** Optional imports of packages, which are not installed. */
const ABSENT = ["react-devtools-core", "@swc/wasm", "sharp", "@napi-rs/image", "svgo"];

/** Leaves out packages of other systems, most of which are not installed; Deno has none for musl. */
function otherSystems(folder: string): esbuild.Plugin {
  const isThere = (name: string) =>
    !name.endsWith("-musl") && existsSync(`${folder}/node_modules/.deno/node_modules/${name}`);
  return {
    name: "packages of other systems",
    setup(build) {
      build.onResolve({ filter: /^@duckdb\/node-bindings-/ }, ({ path }) => {
        const [scope, name] = path.split("/");
        return isThere(`${scope}/${name}`) ? undefined : { path, external: true };
      });
    },
  };
}

/** Returns the real paths of files read when importing the specifiers from `folder`. */
async function reachedFiles(folder: string, specifiers: readonly string[]): Promise<Set<string>> {
  try {
    const { metafile } = await esbuild.build({
      stdin: {
        contents: specifiers.map((each) => `import ${JSON.stringify(each)};`).join("\n"),
        resolveDir: folder,
      },
      ...{ bundle: true, write: false, metafile: true, treeShaking: false, logLevel: "silent" },
      // Selects the form of a package that Deno would load.
      ...{ platform: "node", format: "esm", conditions: ["deno"], loader: { ".node": "empty" } },
      ...{ absWorkingDir: folder, external: ABSENT, plugins: [otherSystems(folder)] },
    });
    return new Set(Object.keys(metafile.inputs).map((path) => `${folder}/${path}`));
  } finally {
    await esbuild.stop();
  }
}

/** Deletes unreached files; returns whether any are left. */
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

/** Deletes links to removed packages. */
async function dropDeadLinks(dir: string): Promise<void> {
  for await (const { name, isDirectory, isSymlink } of Deno.readDir(dir)) {
    const path = `${dir}/${name}`;
    if (isDirectory) await dropDeadLinks(path);
    else if (isSymlink && !existsSync(path)) await Deno.remove(path);
  }
}

/** Deletes packages without reached code, such as those of other programs. */
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
