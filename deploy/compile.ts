/**
 * `deno task compile [name]…`: compiles each entrypoint to a program in `dist/` with built-in
 * permissions: its set in deno.json, and the hosts and folders of this registry. @module
 */
import config from "../deno.json" with { type: "json" };
import { SsmdError } from "@ssmd/runtime/errors";
import { commitOf } from "./commit.ts";
import { type Companion, COMPANIONS, ENTRYPOINTS, type Program } from "./entrypoints.ts";
import { ENGINE_PERMISSIONS } from "../dataset/query/engine_permissions.ts";
import { reachOf } from "./launch.ts";
import { permissionFlags, permissionsOf } from "./permissions.ts";
import { SERVING_V8 } from "./serving.ts";

const REGISTRY = "exchanges";
/** File of built-in environment variables. */
const VARIABLES = "dist/.env";
/** A cache in the user's folder cannot be known when permissions are built in. */
const CACHE_DIR = "./.ssmd-cache";
const TEMP_DIR = "/tmp";
const SECRETS_DIR = "/var/run/secrets/ssmd";
const ROOT = new URL("../", import.meta.url);

/** Files that programs read besides their modules. */
const INCLUDED = [
  "exchanges/calendars",
  "exchanges/feeds",
  "exchanges/environments",
  "exchanges/schemas",
  "exchanges/policies",
  "exchanges/qa",
  "exchanges/rbac",
  // Worker threads are not imports.
  "dataset/reprocess/worker.ts",
  "gateway/page/dist",
  "signals/library",
];

function isThere(path: string): boolean {
  try {
    Deno.statSync(new URL(path, ROOT));
    return true;
  } catch {
    return false;
  }
}

/** Returns the flags for what a program may do in any environment of this registry. */
async function permissions(program: Program): Promise<string[]> {
  const reach = await reachOf(new URL(REGISTRY, ROOT).pathname, undefined);
  const launch = {
    ...{ program, reach, root: ".", registryDir: REGISTRY },
    ...{ secretsDir: SECRETS_DIR, deno: "deno" },
  };
  const up = permissionsOf({ ...launch, args: ["up"] });
  const key = permissionsOf({ ...launch, args: ["key"] });
  // Built in, so what a command's flags name has to be in the folder that it runs in.
  const here = program === "ssmd" ? [".", TEMP_DIR] : [];
  const unique = (list: string[]) => [...new Set(list)];
  return permissionFlags({
    ...{ ...up, read: unique([...up.read, ...here]) },
    write: unique([...up.write, ...key.write, ...here]),
    run: up.run.flatMap((each) => each === "git" ? GIT : each === launch.deno ? [] : [each]),
  });
}

/** A bare name in its list ends a compiled program that has no PATH, and is a warning elsewhere. */
const GIT = ["/usr/bin/git", "/usr/local/bin/git", "/opt/homebrew/bin/git"];

/** Parts of a package specifier in a module graph: `npm:/@scope/name@1.0.0/path`. */
const NPM_NAME = /^npm:\/?((?:@[^/]+\/)?[^@/]+)@[^/]+(.*)$/;

/**
 * Creates the folder to compile a program in: a configuration with only the packages its modules
 * reach, reduced to the files read, about a tenth. Returns the folder.
 */
async function writeFolder(name: string, files: readonly string[]): Promise<string> {
  const folder = `dist/build-${name}`;
  await Deno.remove(new URL(folder, ROOT), { recursive: true }).catch(() => {});
  await Deno.mkdir(new URL(folder, ROOT));
  const specifiers = await reachedPackages(folder, files);
  const reached = new Set(specifiers.map((each) => NPM_NAME.exec(each)?.[1]));
  const aliases = Object.entries(config.imports);
  const packages = aliases.filter(([, target]) => reached.has(NPM_NAME.exec(target)?.[1]));
  const ours = aliases.filter(([, target]) => target.startsWith("./"))
    .map(([alias, target]) => [alias, `../.${target}`] as const);
  const write = async (
    nodeModulesDir: "auto" | "manual",
    imports: (readonly [string, string])[],
  ) => {
    const { compilerOptions, permissions } = config;
    const own = { nodeModulesDir, compilerOptions, permissions };
    const text = JSON.stringify({ ...own, imports: Object.fromEntries(imports) });
    await Deno.writeTextFile(new URL(`${folder}/deno.json`, ROOT), text);
  };
  // Versions come from the lock file; Deno changes only this copy.
  await Deno.copyFile(new URL("deno.lock", ROOT), new URL(`${folder}/deno.lock`, ROOT));
  if (specifiers.length === 0) {
    await write("manual", ours);
    return folder;
  }
  await write("auto", packages);
  await mustRun(["install", "-q", `--config=${folder}/deno.json`]);
  await write("manual", [...ours, ...packages]);
  const names = specifiers.map((each) => each.replace(NPM_NAME, "$1$2"));
  // Temporal's worker starts threads from files that no import reaches.
  const parts = name === "worker" ? "packages" : "files";
  await mustRun(["run", "-q", "-A", "deploy/slim_packages.ts", folder, parts, ...names]);
  return folder;
}

/** Returns the package specifiers that modules reach, except type packages. */
async function reachedPackages(folder: string, files: readonly string[]): Promise<string[]> {
  const all = `${folder}/all.ts`;
  const text = files.map((file) => `import "../../${file}";\n`).join("");
  await Deno.writeTextFile(new URL(all, ROOT), text);
  const { modules } = JSON.parse(await mustRun(["info", "--json", all])) as {
    modules: { specifier: string }[];
  };
  return modules.map(({ specifier }) => specifier)
    .filter((each) => NPM_NAME.test(each) && !each.includes("/@types/"));
}

async function mustRun(args: string[]): Promise<string> {
  const { success, stdout, stderr } = await run(args);
  if (success) return stdout;
  throw new SsmdError("COMPILE_FAILED", `A program is not compiled: ${stderr}`, {
    hint: `Run it yourself: deno ${args.join(" ")}`,
  });
}

async function run(args: string[]) {
  const { success, stdout, stderr } = await new Deno.Command("deno", {
    ...{ args, cwd: ROOT, stdin: "null", stderr: "piped" },
  }).output();
  const text = new TextDecoder();
  return { success, stdout: text.decode(stdout), stderr: text.decode(stderr).trim() };
}

/** Further flags of companions, which are the same whatever the registry has. */
const COMPANION_FLAGS: Readonly<Record<Companion, readonly string[]>> = {
  // Each request names a folder for what does not fit in memory.
  "ssmd-query": [...ENGINE_PERMISSIONS, "--allow-write"],
  // No permission. The limit is that of signals; one of transforms is ended by its memory in use.
  "ssmd-host": ["--v8-flags=--max-old-space-size=192,--max-semi-space-size=4"],
};
const LIBRARY = /^libduckdb\.(so|dylib)$/;

const LOADED_BY_SSMD = [
  ...["cli/command/audited.ts", "cli/completion/answer.ts"],
  // Late in `up`, or only in some environments.
  ...["jobs/mod.ts", "cli/up/simulators.ts", "cli/up/capture_plans.ts"],
];

/** Returns files that a program loads by name, which Deno's module graph misses. */
function namedFiles(program: Program): readonly string[] {
  // Clients, sessions and the audit log may be in a PostgreSQL.
  const database = "lib/database/postgres_package.ts";
  // A worker thread is no import.
  const thread = "jobs/archive_thread.ts";
  const own: Partial<Record<Program, readonly string[]>> = {
    ssmd: [...commandFiles(), ...LOADED_BY_SSMD, database, thread],
    gateway: [database],
    worker: [database, thread],
  };
  return own[program] ?? [];
}

function commandFiles(): string[] {
  return [...Deno.readDirSync(new URL("cli/commands", ROOT))].map(({ name }) => name)
    .filter((name) => name.endsWith(".ts") && !name.endsWith("_test.ts"))
    .map((name) => `cli/commands/${name}`);
}

async function compileProgram(name: Program): Promise<string | undefined> {
  const named = namedFiles(name);
  const included = [...INCLUDED.filter(isThere), ...named].map((path) => `--include=${path}`);
  const file = ENTRYPOINTS[name];
  const folder = await writeFolder(name, [file, ...named]);
  return await compile({
    name,
    file,
    folder,
    flags: [
      ...[`-P=${name}`, ...await permissions(name), ...included],
      // `ssmd` is built once for `up`, which serves, and for short commands, which do not.
      ...(name === "gateway" ? [SERVING_V8] : []),
    ],
  });
}

async function compileCompanion(name: Companion): Promise<string | undefined> {
  const file = COMPANIONS[name];
  const folder = await writeFolder(name, [file]);
  if (name === "ssmd-query") await moveLibrary(`${folder}/node_modules`);
  return await compile({ name, file, folder, flags: COMPANION_FLAGS[name] });
}

/** Puts DuckDB's library beside the programs: the system's loader reads none inside of one. */
async function moveLibrary(folder: string): Promise<void> {
  for await (const { name, isDirectory, isFile } of Deno.readDir(new URL(folder, ROOT))) {
    const path = `${folder}/${name}`;
    if (isDirectory) await moveLibrary(path);
    else if (isFile && LIBRARY.test(name)) {
      const target = new URL(`dist/${name}`, ROOT);
      // Both may be links to one file of the cache, and such a rename does nothing.
      await Deno.remove(target).catch(() => {});
      await Deno.rename(new URL(path, ROOT), target);
    }
  }
}

interface Compiled {
  name: string;
  file: string;
  folder: string;
  flags: readonly string[];
}

/** Returns what Deno says where it fails. */
async function compile({ name, file, folder, flags }: Compiled): Promise<string | undefined> {
  // The folder has no types; the static gate has checked them.
  const args = ["compile", "--no-check", "--no-prompt"];
  args.push(`--config=${folder}/deno.json`);
  // Extra flags for other Deno versions.
  args.push(...(Deno.env.get("SSMD_COMPILE_FLAGS") ?? "").split(" ").filter((flag) => flag !== ""));
  args.push(...flags, `--env-file=${VARIABLES}`);
  const { success, stderr } = await run([...args, `--output=dist/${name}`, file]);
  await Deno.remove(new URL(folder, ROOT), { recursive: true });
  return success ? undefined : stderr;
}

/** Returns a hint when Deno cannot download its base program. */
function hintFor(problem: string): string {
  return /denort|dns error|error sending request|Download/i.test(problem)
    ? `hint:  deno compile needs its base program "denort" ${Deno.version.deno}, which it downloads ` +
      "once; where that is not possible, set DENORT_BIN to a denort of the same version"
    : "";
}

/** The sentence of a step that failed. */
function problemOf(error: unknown): string {
  if (error instanceof SsmdError) return `${error.message}\n${error.hint}`;
  throw error;
}

/** What compiles each program, by name. */
const COMPILERS: Readonly<Record<string, () => Promise<string | undefined>>> = Object.fromEntries([
  ...(Object.keys(ENTRYPOINTS) as Program[]).map((name) => [name, () => compileProgram(name)]),
  ...(Object.keys(COMPANIONS) as Companion[]).map((name) => [name, () => compileCompanion(name)]),
]);

async function main(names: readonly string[]): Promise<number> {
  const unknown = names.find((name) => !Object.hasOwn(COMPILERS, name));
  if (unknown !== undefined) {
    console.error(
      `error: no entrypoint "${unknown}"; there are: ${Object.keys(COMPILERS).join(", ")}`,
    );
    return 2;
  }
  await Deno.mkdir(new URL("dist", ROOT), { recursive: true });
  // Built in, as the program has no checkout.
  const commit = commitOf(ROOT.pathname.replace(/\/$/, "")) ?? "unknown";
  await Deno.writeTextFile(
    new URL(VARIABLES, ROOT),
    `SSMD_COMMIT=${commit}\nSSMD_CACHE_DIR=${CACHE_DIR}\n`,
  );
  for (const [name, compiled] of Object.entries(COMPILERS)) {
    if (names.length > 0 && !names.includes(name)) continue;
    const problem = await compiled().catch(problemOf);
    if (problem !== undefined) {
      console.error(
        [`error: dist/${name} could not be made`, problem, hintFor(problem)].join("\n"),
      );
      return 1;
    }
    console.log(`dist/${name}`);
  }
  return 0;
}

if (import.meta.main) Deno.exitCode = await main(Deno.args.filter((arg) => arg !== "--"));
