/**
 * `deno task compile [name]…`: compiles each entrypoint to a program in `dist/` with built-in
 * permissions: its set in deno.json, and the hosts and folders of this registry. @module
 */
import config from "../deno.json" with { type: "json" };
import { SsmdError } from "@ssmd/runtime/errors";
import { commitOf } from "./commit.ts";
import { ENTRYPOINTS, type Program } from "./entrypoints.ts";
import { reachOf } from "./launch.ts";
import { permissionFlags, permissionsOf } from "./permissions.ts";

const REGISTRY = "exchanges";
/** File of built-in environment variables. */
const VARIABLES = "dist/.env";
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
  return permissionFlags({ ...up, write: [...new Set([...up.write, ...key.write])] });
}

/** Parts of a package specifier in a module graph: `npm:/@scope/name@1.0.0/path`. */
const NPM_NAME = /^npm:\/?((?:@[^/]+\/)?[^@/]+)@[^/]+(.*)$/;

/**
 * Creates the folder to compile a program in: a configuration with only the packages its modules
 * reach, reduced to the files read, about a tenth. Returns the folder.
 */
async function writeFolder(name: Program, files: readonly string[]): Promise<string> {
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

const LOADED_BY_SSMD = ["cli/command/audited.ts", "cli/completion/answer.ts"];

/** Returns files that a program loads by name, which Deno's module graph misses. */
function namedFiles(program: Program): string[] {
  const driver = "lib/database/postgres_package.ts";
  if (program === "ssmd") return [...commandFiles(), ...LOADED_BY_SSMD, driver];
  // Clients, sessions and the audit log may be in a PostgreSQL.
  return program === "gateway" || program === "worker" ? [driver] : [];
}

function commandFiles(): string[] {
  return [...Deno.readDirSync(new URL("cli/commands", ROOT))].map(({ name }) => name)
    .filter((name) => name.endsWith(".ts") && !name.endsWith("_test.ts"))
    .map((name) => `cli/commands/${name}`);
}

async function compile(name: Program, file: string): Promise<string | undefined> {
  const files = [...INCLUDED.filter(isThere), ...namedFiles(name)];
  const include = files.map((path) => `--include=${path}`);
  const folder = await writeFolder(name, [file, ...namedFiles(name)]);
  // The folder has no types; the static gate has checked them.
  const args = ["compile", "--no-check", `-P=${name}`, "--no-prompt"];
  args.push(`--config=${folder}/deno.json`);
  // Extra flags for other Deno versions.
  args.push(...(Deno.env.get("SSMD_COMPILE_FLAGS") ?? "").split(" ").filter((flag) => flag !== ""));
  args.push(...await permissions(name), ...include, `--env-file=${VARIABLES}`);
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

async function main(names: readonly string[]): Promise<number> {
  const unknown = names.find((name) => !(name in ENTRYPOINTS));
  if (unknown !== undefined) {
    console.error(
      `error: no entrypoint "${unknown}"; there are: ${Object.keys(ENTRYPOINTS).join(", ")}`,
    );
    return 2;
  }
  await Deno.mkdir(new URL("dist", ROOT), { recursive: true });
  // Built in, as the program has no checkout.
  const commit = commitOf(ROOT.pathname.replace(/\/$/, "")) ?? "unknown";
  await Deno.writeTextFile(new URL(VARIABLES, ROOT), `SSMD_COMMIT=${commit}\n`);
  for (const [name, file] of Object.entries(ENTRYPOINTS)) {
    if (names.length > 0 && !names.includes(name)) continue;
    const problem = await compile(name as Program, file).catch(problemOf);
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
