/**
 * Names that product code exports and nobody imports, and those that only tests keep alive. Read from
 * the text of imports and exports as `deno fmt` writes them.
 * @module
 */
import { isTest } from "./layers.ts";
import { sourceFiles } from "./layers_graph.ts";

/** Read by code outside of the repository, by hosts, by a bundler or by `deno lint`. */
const PUBLISHED =
  /^(signals\/author\/(mod|spec)|cli\/commands\/\w+|transforms\/host\/lua|gateway\/page\/src\/main|tests\/layers_plugin)\.tsx?$/;
/** What generated code imports depends on the schemas. */
const NO_PRODUCT = /^(tests|bench)\/|\/generated\/|^lib\/codec\/fields\.ts$/;

const DECLARATION =
  /^export (?:declare )?(?:abstract )?(?:async )?(?:function\*?|class|interface|type|const|let|enum) (\w+)\b(?!\$)/gm;
const CLAUSE = /^(import|export)(?: type)? (?:(\w+),? ?)?(?:\{([^}]*)\})?(?: from "([^"]+)")?/gm;
const WHOLE = /^import (?:type )?\* as \w+ from "([^"]+)"|\bimport\(\s*"([^"]+)"/gm;
const COMMENT = /\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm;

/** One file: what it gives, and what it takes of others. */
interface Source {
  text: string;
  declared: string[];
  /** Names that it hands on → where they come from; `of` undefined = declared in the file itself. */
  handedOn: Map<string, { of: string | undefined; name: string }>;
  taken: { of: string; name: string }[];
  /** Files taken as a whole: what of them is used is read from the words of the text. */
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

/** Findings over files by their path from the root; `aliases` as in deno.json. */
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

/** Who uses an exported name: its users through `mod.ts` are those of the name in `mod.ts`. */
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

/** Findings over the whole repository. */
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
