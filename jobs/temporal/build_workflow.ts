import { createRequire } from "node:module";
import * as esbuild from "esbuild";

const HERE = new URL("./", import.meta.url);
const BUNDLE = new URL("generated/workflow.js", HERE);
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

const resolvePackages: esbuild.Plugin = {
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

/** Bundles the workflow with its dependencies. Throws esbuild's errors. */
async function buildWorkflow(): Promise<string> {
  try {
    const { outputFiles: [file] } = await esbuild.build({
      stdin: { contents: ENTRY, resolveDir: HERE.pathname, loader: "js" },
      ...{ bundle: true, write: false, minify: true, charset: "utf8", logLevel: "silent" },
      ...{ format: "iife", globalName: "__TEMPORAL__", platform: "neutral", target: "es2022" },
      plugins: [resolvePackages],
    });
    return (file?.text ?? "") + NO_SOURCE_MAP;
  } finally {
    await esbuild.stop();
  }
}

const text = await buildWorkflow();
if (!Deno.args.includes("--check")) {
  await Deno.mkdir(new URL("./", BUNDLE), { recursive: true });
  await Deno.writeTextFile(BUNDLE, text);
} else if (await Deno.readTextFile(BUNDLE).catch(() => "") !== text) {
  console.error("stale: jobs/temporal/generated/workflow.js — run: deno task codegen");
  Deno.exit(1);
}
