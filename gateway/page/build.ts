import * as esbuild from "esbuild";
import { ConfigError } from "@ssmd/runtime";

const HERE = new URL("./", import.meta.url);
const TEXT = new TextDecoder();

/** The chart library as one file without further imports, beside its usual entry. */
function chartLibrary(): URL {
  return new URL(
    "./lightweight-charts.standalone.production.mjs",
    import.meta.resolve("lightweight-charts"),
  );
}

const resolveCharts: esbuild.Plugin = {
  name: "lightweight-charts",
  setup(build) {
    const path = chartLibrary().pathname;
    build.onResolve({ filter: /^lightweight-charts$/ }, () => ({ path }));
  },
};

async function bundle(
  entry: string,
  format: "esm" | "iife" = "esm",
): Promise<Uint8Array> {
  const result = await esbuild.build({
    entryPoints: [new URL(entry, HERE).pathname],
    absWorkingDir: HERE.pathname,
    bundle: true,
    write: false,
    minify: true,
    format,
    target: "es2022",
    charset: "utf8",
    legalComments: "eof",
    logLevel: "silent",
    plugins: [resolveCharts],
  });
  const file = result.outputFiles[0];
  if (file === undefined) {
    throw new ConfigError("PAGE_BUNDLE_EMPTY", `esbuild gave nothing for ${entry}`);
  }
  return file.contents;
}

/** The page's files as they belong into `dist/`. Throws what esbuild throws on a mistake. */
export async function buildPage(): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  try {
    files.set("app.js", await bundle("src/main.ts"));
    files.set("sw.js", await bundle("src/service_worker.ts", "iife"));
    files.set("app.css", await bundle("static/app.css"));
  } finally {
    await esbuild.stop();
  }
  files.set("icon.svg", await Deno.readFile(new URL("static/icon.svg", HERE)));
  const html = await Deno.readTextFile(new URL("static/index.html", HERE));
  // Its indentation is for who reads it here.
  files.set("index.html", new TextEncoder().encode(html.replace(/\n\s+/g, "\n")));
  return files;
}

/** Names of files in `dist/` that are not what the sources give. */
export async function stalePageFiles(): Promise<string[]> {
  const stale: string[] = [];
  for (const [name, contents] of await buildPage()) {
    const kept = await Deno.readFile(new URL(`dist/${name}`, HERE)).catch(() => new Uint8Array(0));
    if (TEXT.decode(kept) !== TEXT.decode(contents)) stale.push(name);
  }
  return stale;
}

async function writePage(): Promise<void> {
  await Deno.mkdir(new URL("dist/", HERE), { recursive: true });
  for (const [name, contents] of await buildPage()) {
    await Deno.writeFile(new URL(`dist/${name}`, HERE), contents);
  }
}

if (import.meta.main) {
  if (!Deno.args.includes("--check")) await writePage();
  else {
    const stale = await stalePageFiles();
    if (stale.length > 0) {
      console.error(`stale: ${stale.join(", ")} — run: deno run -A gateway/page/build.ts`);
      Deno.exit(1);
    }
  }
}
