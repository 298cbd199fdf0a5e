import { importFinding, isTest, pathFinding, servicesFinding } from "./layers.ts";

/** A module and its imports, as in `deno info --json`. */
interface InfoModule {
  specifier: string;
  error?: string;
  dependencies?: {
    specifier: string;
    isDynamic?: boolean;
    code?: { specifier?: string; error?: string };
    type?: { specifier?: string; error?: string };
  }[];
}

const SKIP = /(^|\/)(\.[^/]*|dist|node_modules)$|^(data|coverage)$/;

/** Returns all source files below `root`, as paths from it. */
export async function sourceFiles(root: string, below = ""): Promise<string[]> {
  const files: string[] = [];
  for await (const entry of Deno.readDir(`${root}/${below}`)) {
    const path = below === "" ? entry.name : `${below}/${entry.name}`;
    if (SKIP.test(path)) continue;
    if (entry.isDirectory) files.push(...await sourceFiles(root, path));
    else if (/\.(ts|tsx)$/.test(entry.name)) files.push(path);
  }
  return files.sort();
}

/** Returns the graph of these files: imports of all kinds, resolved. */
async function graphOf(root: string, files: readonly string[]): Promise<InfoModule[]> {
  const dir = await Deno.makeTempDir();
  try {
    const entry = `${dir}/all.ts`;
    const lines = files.map((file) => `import ${JSON.stringify(`file://${root}/${file}`)};\n`);
    await Deno.writeTextFile(entry, lines.join(""));
    const output = await new Deno.Command(Deno.execPath(), {
      args: ["info", "--json", "--frozen", "--config", `${root}/deno.json`, entry],
      stdin: "null",
      stderr: "piped",
    }).output();
    if (!output.success) return [{ specifier: "", error: new TextDecoder().decode(output.stderr) }];
    return (JSON.parse(new TextDecoder().decode(output.stdout)) as { modules: InfoModule[] })
      .modules;
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

/**
 * Returns findings for the whole repository: forbidden imports of every kind (also dynamic ones),
 * missing modules, import cycles (type imports count: they are cycles for a reader, too), misplaced
 * files and folders.
 */
export async function layerFindings(root: string): Promise<string[]> {
  const files = await sourceFiles(root);
  const findings = files.flatMap((file) => {
    const finding = pathFinding(file);
    return finding === undefined ? [] : [`${file}: ${finding}`];
  });
  const prefix = `file://${root}/`;
  const edges = new Map<string, string[]>();
  for (const module of await graphOf(root, files)) {
    if (module.specifier === "" && module.error) findings.push(module.error.trim());
    if (!module.specifier.startsWith(prefix)) continue;
    const path = module.specifier.slice(prefix.length);
    if (module.error !== undefined) findings.push(`${path}: cannot be loaded (${module.error})`);
    findings.push(...moduleFindings(path, module));
    edges.set(path, localTargets(module, prefix));
  }
  for (const circle of circlesOf(edges)) findings.push(`a circle: ${circle.join(" → ")}`);
  for (const circle of circlesOf(folderEdges(edges))) {
    findings.push(`a circle of folders: ${circle.join(" → ")}`);
  }
  return [...new Set(findings)];
}

function moduleFindings(path: string, module: InfoModule): string[] {
  const dependencies = module.dependencies ?? [];
  const findings = dependencies.flatMap((each) => {
    const typeOnly = each.code === undefined;
    const finding = importFinding({ from: path, specifier: each.specifier, typeOnly });
    const unresolved = each.code?.error ?? each.type?.error;
    return [finding, unresolved].filter((text) => text !== undefined);
  });
  const several = servicesFinding(path, dependencies.map((each) => each.specifier));
  if (several !== undefined) findings.push(several);
  return findings.map((finding) => `${path}: ${finding}`);
}

function localTargets(module: InfoModule, prefix: string): string[] {
  const targets = (module.dependencies ?? []).map((each) =>
    each.code?.specifier ?? each.type?.specifier ?? ""
  );
  return targets.filter((target) => target.startsWith(prefix))
    .map((target) => target.slice(prefix.length));
}

/**
 * Which folder imports which, from imports of product files: the folders in which the ways to both
 * files part. A folder's own files and those below it are one: they share what is declared there.
 */
export function folderEdges(edges: ReadonlyMap<string, readonly string[]>): Map<string, string[]> {
  const folders = new Map<string, Set<string>>();
  for (const [file, targets] of edges) {
    const from = file.split("/");
    for (const target of isProduct(file) ? targets.filter(isProduct) : []) {
      const to = target.split("/");
      const parts = from.findIndex((part, i) => part !== to[i]);
      if (parts < 0 || parts >= from.length - 1 || parts >= to.length - 1) continue;
      const folder = from.slice(0, parts + 1).join("/");
      const imported = folders.get(folder) ?? new Set();
      folders.set(folder, imported.add(to.slice(0, parts + 1).join("/")));
    }
  }
  return new Map([...folders].map(([folder, imported]) => [folder, [...imported]]));
}

function isProduct(path: string): boolean {
  return !isTest(path) && !/^(tests|bench)\//.test(path);
}

/** Returns import cycles, each once, from its first file in order. Tests are left out. */
export function circlesOf(edges: ReadonlyMap<string, readonly string[]>): string[][] {
  const done = new Set<string>();
  const circles = new Map<string, string[]>();
  const visit = (path: string, trail: string[]) => {
    const at = trail.indexOf(path);
    if (at >= 0) {
      const members = trail.slice(at);
      const key = [...members].sort().join(" ");
      if (!circles.has(key)) circles.set(key, [...members, path]);
      return;
    }
    if (done.has(path)) return;
    for (const next of edges.get(path) ?? []) visit(next, [...trail, path]);
    done.add(path);
  };
  for (const path of edges.keys()) if (!isTest(path)) visit(path, []);
  return [...circles.values()];
}

if (import.meta.main) {
  const findings = await layerFindings(new URL("../", import.meta.url).pathname.replace(/\/$/, ""));
  for (const finding of findings) console.log(finding);
  console.log(`${findings.length} findings`);
  Deno.exitCode = findings.length === 0 ? 0 : 1;
}
