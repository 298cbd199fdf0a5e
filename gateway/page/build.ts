import { bundle, putFiles } from "@ssmd/runtime/bundle";
import type { Plugin } from "esbuild";

const HERE = new URL("./", import.meta.url);
const DIST = new URL("dist/", HERE);

/** The chart library as one file without further imports, beside its usual entry. */
function chartLibrary(): URL {
  return new URL(
    "./lightweight-charts.standalone.production.mjs",
    import.meta.resolve("lightweight-charts"),
  );
}

const resolveCharts: Plugin = {
  name: "lightweight-charts",
  setup(build) {
    const path = chartLibrary().pathname;
    build.onResolve({ filter: /^lightweight-charts$/ }, () => ({ path }));
  },
};

async function bundlePage(entry: string, format: "esm" | "iife" = "esm"): Promise<Uint8Array> {
  return await bundle({
    entryPoints: [new URL(entry, HERE).pathname],
    absWorkingDir: HERE.pathname,
    format,
    legalComments: "eof",
    plugins: [resolveCharts],
  });
}

/** The page's files as they belong into `dist/`. Throws what esbuild throws on a mistake. */
export async function buildPage(): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  files.set("app.js", await bundlePage("src/main.ts"));
  files.set("sw.js", await bundlePage("src/service_worker.ts", "iife"));
  files.set("app.css", await bundlePage("static/app.css"));
  files.set("icon.svg", await Deno.readFile(new URL("static/icon.svg", HERE)));
  const html = await Deno.readTextFile(new URL("static/index.html", HERE));
  // Its indentation is for who reads it here.
  files.set("index.html", new TextEncoder().encode(html.replace(/\n\s+/g, "\n")));
  return files;
}

if (import.meta.main) await putFiles(DIST, await buildPage());
