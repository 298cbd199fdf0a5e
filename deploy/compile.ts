/**
 * `deno task compile [name]…`: every entrypoint as a program of its own in `dist/`, with what it may
 * do built in: its set of deno.json, and the hosts and folders of this registry. @module
 */
import config from "../deno.json" with { type: "json" };
import { commitOf } from "./commit.ts";
import { ENTRYPOINTS, type Program } from "./entrypoints.ts";
import { reachOf } from "./launch.ts";
import { permissionFlags, permissionsOf } from "./permissions.ts";

const REGISTRY = "exchanges";
/** Variables that programs have built in. */
const VARIABLES = "dist/.env";
const SECRETS_DIR = "/var/run/secrets/ssmd";
const ROOT = new URL("../", import.meta.url);

/** Files that a program reads beside its modules. */
const INCLUDED = [
  "exchanges/calendars",
  "exchanges/feeds",
  "exchanges/environments",
  "exchanges/schemas",
  "exchanges/policies",
  "exchanges/qa",
  "exchanges/rbac",
  // A thread is no import.
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

/** What a program may do in any environment of this registry. */
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

/** Parts of a module's specifier in a graph: `npm:/@scope/name@1.0.0/path`. */
const NPM_NAME = /^npm:\/?((?:@[^/]+\/)?[^@/]+)/;

/**
 * Writes the configuration that a program is compiled with; gives its path. It names only packages
 * that the program's modules reach: all others of deno.json would be embedded, 340 MB of them.
 * Their versions are those of the lock, of which Deno changes a copy.
 */
async function writeConfig(name: Program, file: string): Promise<string> {
  const { stdout } = await run(["info", "--json", file]);
  const { modules } = JSON.parse(stdout) as { modules: { specifier: string }[] };
  const nameOf = (specifier: string) => NPM_NAME.exec(specifier)?.[1];
  const reached = new Set(modules.map(({ specifier }) => nameOf(specifier)));
  const imports = Object.entries(config.imports).flatMap(([alias, target]) => {
    if (target.startsWith("./")) return [[alias, `.${target}`]];
    return reached.has(nameOf(target)) ? [[alias, target]] : [];
  });
  const own = {
    ...{ nodeModulesDir: config.nodeModulesDir, compilerOptions: config.compilerOptions },
    ...{ permissions: config.permissions, lock: `./${name}.lock` },
    imports: Object.fromEntries(imports),
  };
  const path = `dist/${name}.json`;
  await Deno.copyFile(new URL("deno.lock", ROOT), new URL(`dist/${name}.lock`, ROOT));
  await Deno.writeTextFile(new URL(path, ROOT), JSON.stringify(own));
  return path;
}

async function run(args: string[]) {
  const { success, stdout, stderr } = await new Deno.Command("deno", {
    ...{ args, cwd: ROOT, stdin: "null", stderr: "piped" },
  }).output();
  const text = new TextDecoder();
  return { success, stdout: text.decode(stdout), stderr: text.decode(stderr).trim() };
}

const LOADED_BY_SSMD = ["cli/command/audited.ts", "cli/completion/answer.ts"];

/** What a program loads by its name: no import that Deno sees leads to it. */
function namedFiles(program: Program): string[] {
  const driver = "lib/database/postgres_package.ts";
  if (program === "ssmd") return [...commandFiles(), ...LOADED_BY_SSMD, driver];
  return program === "gateway" ? [driver] : [];
}

function commandFiles(): string[] {
  return [...Deno.readDirSync(new URL("cli/commands", ROOT))].map(({ name }) => name)
    .filter((name) => name.endsWith(".ts") && !name.endsWith("_test.ts"))
    .map((name) => `cli/commands/${name}`);
}

async function compile(name: Program, file: string): Promise<string | undefined> {
  const files = [...INCLUDED.filter(isThere), ...namedFiles(name)];
  const include = files.map((path) => `--include=${path}`);
  const args = [
    "compile",
    `-P=${name}`,
    "--no-prompt",
    `--config=${await writeConfig(name, file)}`,
  ];
  // What another version of Deno wants besides.
  args.push(...(Deno.env.get("SSMD_COMPILE_FLAGS") ?? "").split(" ").filter((flag) => flag !== ""));
  args.push(...await permissions(name), ...include, `--env-file=${VARIABLES}`);
  const { success, stderr } = await run([...args, `--output=dist/${name}`, file]);
  return success ? undefined : stderr;
}

/** What to do when Deno cannot fetch the base program that it appends ours to. */
function hintFor(problem: string): string {
  return /denort|dns error|error sending request|Download/i.test(problem)
    ? `hint:  deno compile needs its base program "denort" ${Deno.version.deno}, which it downloads ` +
      "once; where that is not possible, set DENORT_BIN to a denort of the same version"
    : "";
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
  // Built into the program, which has no checkout to ask.
  const commit = commitOf(ROOT.pathname.replace(/\/$/, "")) ?? "unknown";
  await Deno.writeTextFile(new URL(VARIABLES, ROOT), `SSMD_COMMIT=${commit}\n`);
  for (const [name, file] of Object.entries(ENTRYPOINTS)) {
    if (names.length > 0 && !names.includes(name)) continue;
    const problem = await compile(name as Program, file);
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
