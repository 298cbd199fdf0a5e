/**
 * Bundles the package `yaml` into `generated/yaml.js`. Deno would load the package's CommonJS build,
 * 74 files and all of Node's module loader: 35 ms of CPU time per start, the bundle takes 2.
 * @module
 */
import { createRequire } from "node:module";
import { bundle, putFiles } from "@ssmd/runtime/bundle";
import config from "../../deno.json" with { type: "json" };

const PACKAGE = config.imports["yaml/package"];

/** Bundles the build for browsers, which uses ES modules and nothing of Node. */
async function bundleYaml(): Promise<Uint8Array> {
  const main = createRequire(import.meta.resolve("yaml/package")).resolve("yaml");
  const folder = main.slice(0, -"dist/index.js".length);
  const license = await Deno.readTextFile(`${folder}LICENSE`);
  return await bundle({
    entryPoints: [`${folder}browser/dist/index.js`],
    ...{ format: "esm", platform: "neutral" },
    banner: { js: `// @ts-self-types="${PACKAGE}"\n/* ${PACKAGE}\n${license}*/` },
  });
}

await putFiles(
  new URL("generated/", import.meta.url),
  new Map([["yaml.js", await bundleYaml()]]),
);
