/**
 * Finds exports of product code that nothing imports, or only tests. Parses imports and exports as
 * `deno fmt` formats them.
 * @module
 */
import { isTest } from "./layers.ts";
import { sourceFiles } from "./layers_graph.ts";

/** Imported from outside the repository, by hosts, by a bundler or by `deno lint`. */
const PUBLISHED =
  /^(signals\/author\/(mod|spec)|cli\/commands\/\w+|transforms\/host\/lua|gateway\/page\/src\/main|tests\/layers_plugin)\.tsx?$/;
/** What generated code imports depends on the schemas. */
const NO_PRODUCT = /^(tests|bench)\/|\/generated\/|^lib\/codec\/fields\.ts$/;

const DECLARATION =
  /^export (?:declare )?(?:abstract )?(?:async )?(?:function\*?|class|interface|type|const|let|enum) (\w+)\b(?!\$)/gm;
const CLAUSE = /^(import|export)(?: type)? (?:(\w+),? ?)?(?:\{([^}]*)\})?(?: from "([^"]+)")?/gm;
const WHOLE = /^import (?:type )?\* as \w+ from "([^"]+)"|\bimport\(\s*"([^"]+)"/gm;
const COMMENT = /\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm;

/** Exports and imports of a file. */
interface Source {
  text: string;
  declared: string[];
  /** Re-exported name → its source; `of` undefined = declared in the file itself. */
  handedOn: Map<string, { of: string | undefined; name: string }>;
  taken: { of: string; name: string }[];
  /** Files imported as a namespace: their used names are searched in the text. */
  whole: string[];
}

function parse(text: string, resolve: (specifier: string) => string | undefined): Source {
  const bare = text.replaceAll(COMMENT, "");
  const source: Source = {
    text: bare,
    declared: [...bare.matchAll(DECLARATION)].map(([, name = ""]) => name),
    handedOn: new Map(),
    taken: [],
    whole: [],
  };
  for (const [, verb, only, list, specifier] of bare.matchAll(CLAUSE)) {
    const of = specifier === undefined ? undefined : resolve(specifier);
    if (specifier !== undefined && of === undefined) continue;
    if (verb === "import" && only && of) source.taken.push({ of, name: "default" });
    for (const each of (list ?? "").split(",").map((part) => part.trim().replace(/^type /, ""))) {
      const [name = "", as = name] = each.split(" as ");
      if (name === "") continue;
      if (verb === "export") source.handedOn.set(as, { of, name });
      else if (of) source.taken.push({ of, name });
    }
  }
  for (const [, all, dynamic] of bare.matchAll(WHOLE)) {
    const of = resolve(all ?? dynamic ?? "");
    if (of) source.whole.push(of);
  }
  return source;
}

/** Returns findings for files by their path from the root; `aliases` as in deno.json. */
export function unusedExports(
  files: ReadonlyMap<string, string>,
  aliases: Readonly<Record<string, string>>,
): string[] {
  const sources = new Map([...files].map(([path, text]) => {
    const resolve = (specifier: string) => {
      const to = specifier.startsWith(".")
        ? new URL(specifier, `file:///${path}`).pathname.slice(1)
        : aliases[specifier]?.replace(/^\.\//, "");
      return to !== undefined && files.has(to) ? to : undefined;
    };
    return [path, parse(text, resolve)];
  }));
  const users = usersOf(sources);
  const findings: string[] = [];
  for (const [path, source] of sources) {
    if (isTest(path) || NO_PRODUCT.test(path) || PUBLISHED.test(path)) continue;
    for (const name of [...source.declared, ...source.handedOn.keys()]) {
      const by = users.get(`${path} ${name}`);
      if (by?.product) continue;
      if (!by) findings.push(`${path}: ${name} is exported, and nobody imports it`);
      else if (source.declared.includes(name) && !isUsedInside(source.text, name)) {
        findings.push(`${path}: only tests use ${name}`);
      }
    }
  }
  return findings;
}

function isUsedInside(text: string, name: string): boolean {
  return [...text.matchAll(new RegExp(`\\b${name}\\b`, "g"))].length > 1;
}

/** Returns the users of an exported name, also through re-exports of `mod.ts`. */
function usersOf(sources: ReadonlyMap<string, Source>): Map<string, { product: boolean }> {
  const users = new Map<string, { product: boolean }>();
  const note = (of: string, name: string, product: boolean) => {
    const key = `${of} ${name}`;
    const known = users.get(key);
    if (known && (known.product || !product)) return;
    users.set(key, { product });
    const from = sources.get(of)?.handedOn.get(name);
    if (from?.of) note(from.of, from.name, product);
  };
  for (const [path, { text, handedOn, taken, whole }] of sources) {
    const product = !isTest(path) && !/^(tests|bench)\//.test(path);
    if (PUBLISHED.test(path)) {
      for (const { of, name } of handedOn.values()) if (of) note(of, name, true);
    }
    for (const { of, name } of taken) note(of, name, product);
    for (const of of whole) {
      const target = sources.get(of);
      for (const name of [...target?.declared ?? [], ...target?.handedOn.keys() ?? []]) {
        if (new RegExp(`\\b${name}\\b`).test(text)) note(of, name, product);
      }
    }
  }
  return users;
}

/** Returns findings for the whole repository. */
export async function unusedExportFindings(root: string): Promise<string[]> {
  const { imports } = JSON.parse(await Deno.readTextFile(`${root}/deno.json`)) as {
    imports: Record<string, string>;
  };
  const files = new Map<string, string>();
  for (const path of await sourceFiles(root)) {
    files.set(path, await Deno.readTextFile(`${root}/${path}`));
  }
  return unusedExports(files, imports);
}

if (import.meta.main) {
  const findings = await unusedExportFindings(
    new URL("../", import.meta.url).pathname.slice(0, -1),
  );
  for (const finding of findings) console.log(finding);
  Deno.exitCode = findings.length === 0 ? 0 : 1;
}
