import { createRequire } from "node:module";
import { bundle, putFiles } from "@ssmd/runtime/bundle";
import type { Plugin } from "esbuild";

const HERE = new URL("./", import.meta.url);
const WORKER = import.meta.resolve("@temporalio/worker");
/** Temporal's substitutes for Node modules in its sandbox. */
const OVERRIDES = new URL("./workflow/module-overrides/", WORKER).pathname;

/** Same entry as the worker's own bundler writes; that bundler needs a node_modules folder. */
const ENTRY = `
exports.api = require("@temporalio/workflow/lib/worker-interface.js");
require("@temporalio/workflow/lib/global-overrides.js").overrideGlobals();
exports.preloadModules = () => {};
exports.importWorkflows = () => require("./workflow.ts");
exports.importInterceptors = () => [];
`;

/** A worker requires a source map; a real one would contain build paths. */
const NO_SOURCE_MAP = "//# sourceMappingURL=data:application/json;base64," +
  btoa('{"version":3,"sources":[],"names":[],"mappings":""}');

const resolvePackages: Plugin = {
  name: "packages",
  setup(build) {
    build.onResolve({ filter: /^[^./]/ }, ({ path, importer }) => {
      const name = path.replace(/^node:/, "");
      if (["assert", "url", "util"].includes(name)) return { path: `${OVERRIDES}${name}.js` };
      const isOurs = importer === "<stdin>" || importer.startsWith(HERE.pathname);
      // Custom converters, of which there are none, and modules missing in the sandbox.
      if (name.startsWith("__temporal_custom") || name === "fs") {
        return { path: name, namespace: "empty" };
      }
      return { path: createRequire(isOurs ? WORKER : importer).resolve(path) };
    });
    build.onLoad({ filter: /.*/, namespace: "empty" }, () => ({ contents: "" }));
  },
};

/** Bundles the workflow with its dependencies. */
async function buildWorkflow(): Promise<Uint8Array> {
  const contents = await bundle({
    stdin: { contents: ENTRY, resolveDir: HERE.pathname, loader: "js" },
    ...{ format: "iife", globalName: "__TEMPORAL__", platform: "neutral" },
    plugins: [resolvePackages],
  });
  return new TextEncoder().encode(new TextDecoder().decode(contents) + NO_SOURCE_MAP);
}

await putFiles(new URL("generated/", HERE), new Map([["workflow.js", await buildWorkflow()]]));
