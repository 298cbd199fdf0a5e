/**
 * Bundles the package `yaml` into `generated/yaml.js`. Deno would load the package's CommonJS build,
 * 74 files and all of Node's module loader: 35 ms of CPU time per start, the bundle takes 2.
 * @module
 */
import { createRequire } from "node:module";
import * as esbuild from "esbuild";
import config from "../../deno.json" with { type: "json" };

const BUNDLE = new URL("generated/yaml.js", import.meta.url);
const PACKAGE = config.imports["yaml/package"];

/** Bundles the build for browsers, which uses ES modules and nothing of Node. Throws esbuild's errors. */
async function bundleYaml(): Promise<string> {
  const main = createRequire(import.meta.resolve("yaml/package")).resolve("yaml");
  const folder = main.slice(0, -"dist/index.js".length);
  const license = await Deno.readTextFile(`${folder}LICENSE`);
  try {
    const { outputFiles: [file] } = await esbuild.build({
      entryPoints: [`${folder}browser/dist/index.js`],
      ...{ bundle: true, write: false, minify: true, charset: "utf8", logLevel: "silent" },
      ...{ format: "esm", platform: "neutral", target: "es2022" },
      banner: { js: `// @ts-self-types="${PACKAGE}"\n/* ${PACKAGE}\n${license}*/` },
    });
    return file?.text ?? "";
  } finally {
    await esbuild.stop();
  }
}

const text = await bundleYaml();
if (!Deno.args.includes("--check")) {
  await Deno.mkdir(new URL("./", BUNDLE), { recursive: true });
  await Deno.writeTextFile(BUNDLE, text);
} else if (await Deno.readTextFile(BUNDLE).catch(() => "") !== text) {
  console.error("stale: lib/metadata/generated/yaml.js — run: deno task codegen");
  Deno.exit(1);
}
