/**
 * First stage of a start: prints a shell line that starts PROGRAM with the permissions its
 * environment file and flags imply. Reads only the registry. @module
 */
import type { Reach, ReachText } from "@ssmd/metadata/environment_reach";
import { findRegistry } from "@ssmd/metadata/find_registry";
import { findCacheDir } from "@ssmd/runtime/cache_dir";
import { SsmdError } from "@ssmd/runtime/errors";
import { commitOf } from "./commit.ts";
import { ENTRYPOINTS, type Program } from "./entrypoints.ts";
import { withLinkTargets } from "./link_targets.ts";
import {
  commandWord,
  commandWords,
  flagValue,
  type Launch,
  permissionFlags,
  permissionsOf,
  usesEnvironments,
} from "./permissions.ts";
import { SHIPPED_REGISTRY_COMMANDS } from "./shipped_registry_commands.ts";
import { SERVING_V8, SERVING_VARIABLES } from "./serving.ts";

const ROOT = new URL("../", import.meta.url).pathname.replace(/\/$/, "");
const SECRETS_DIR_DEFAULT = "/var/run/secrets/ssmd";
/** Default environments of programs. */
const ENV_DEFAULTS: Readonly<Record<string, string>> = {
  up: "demo",
  connector: "demo-nats",
  archiver: "demo-nats",
  gateway: "demo-nats",
  signals: "demo-nats",
  agents: "demo-nats",
  worker: "demo-nats",
};

/** As in `launch`: commands are short, and start with a whole young generation. */
const COMMAND_V8 = "--v8-flags=--min-semi-space-size=16";

/**
 * Modules of an `import()` are read when it is reached: at the start Deno would read all, and keep
 * their texts. Needs the right to read the sources, which only commands and `up` have.
 */
const LATE_IMPORTS = "--unstable-lazy-dynamic-imports";

/** Returns the hosts and folders of the named environment, or of all. */
export async function reachOf(registryDir: string, env: string | undefined): Promise<Reach[]> {
  // Deno loads the modules of a literal path before the first line runs, used or not.
  const path = "../lib/metadata/environment_reach.ts";
  // deno-lint-ignore ssmd/layers -- one module, named above
  const { environmentReach }: typeof import("@ssmd/metadata/environment_reach") = await import(
    path
  );
  const all = namesIn(`${registryDir}/environments`);
  const names = env === undefined ? all : all.filter((name) => name === env);
  const feedOf = (id: string) => textOf(`${registryDir}/feeds/${id}.yaml`);
  return names.flatMap((name) => {
    const text = textOf(`${registryDir}/environments/${name}.yaml`);
    return text === undefined ? [] : environmentReach(text, feedOf);
  });
}

function namesIn(dir: string): string[] {
  try {
    const files = [...Deno.readDirSync(dir)].filter(({ isDirectory }) => !isDirectory);
    return files.map(({ name }) => name).filter((name) => name.endsWith(".yaml"))
      .map((name) => name.slice(0, -".yaml".length)).sort();
  } catch {
    return [];
  }
}

/** Reads a file; undefined when unreadable: the program itself reports that. */
function textOf(path: string): ReachText | undefined {
  try {
    return { path, text: Deno.readTextFileSync(path) };
  } catch {
    return undefined;
  }
}

/** Returns the environment that a program is to run; undefined for any. */
function envOf(program: Program, args: readonly string[]): string | undefined {
  const word = program === "ssmd" ? commandWord(args) ?? "" : program;
  return flagValue(args, "env") ?? ENV_DEFAULTS[word];
}

/** Returns whether the command that the arguments begin with falls back to the shipped registry. */
export function usesShippedRegistry(args: readonly string[]): boolean {
  const words = commandWords(args);
  return words.some((_, i) => SHIPPED_REGISTRY_COMMANDS.has(words.slice(0, i + 1).join(" ")));
}

/** Returns the registry of the start folder. */
async function registryOf(program: Program, args: readonly string[]): Promise<string | undefined> {
  const dir = flagValue(args, "dir");
  const found = await findRegistry(dir ?? Deno.cwd()).catch(() => undefined);
  const fallsBack = program === "ssmd" && dir === undefined && usesShippedRegistry(args);
  return found ?? (fallsBack ? `${ROOT}/exchanges` : undefined);
}

async function launchOf(program: Program, args: readonly string[]): Promise<Launch> {
  const registryDir = await registryOf(program, args);
  const needed = registryDir !== undefined && usesEnvironments({ program, args });
  const tempDir = Deno.env.get("TMPDIR");
  const cacheDir = findCacheDir((name) => Deno.env.get(name));
  return {
    program,
    args,
    root: ROOT,
    ...(registryDir === undefined ? {} : { registryDir }),
    reach: needed ? await reachOf(registryDir, envOf(program, args)) : [],
    ...(tempDir ? { tempDir } : {}),
    ...(cacheDir === undefined ? {} : { cacheDir }),
    secretsDir: Deno.env.get("SSMD_SECRETS_DIR") || SECRETS_DIR_DEFAULT,
    deno: Deno.execPath(),
  };
}

/** Returns the command of the second stage; `"$@"` is the program's arguments. */
function commandOf(launch: Launch): string {
  const { program, args, deno, root } = launch;
  const serves = program === "gateway" || program === "ssmd" && commandWord(args) === "up";
  const permissions = permissionsOf(launch);
  const { read, write } = permissions;
  const files = { read: withLinkTargets(read), write: withLinkTargets(write) };
  const words = [
    ...[deno, "run", "-q", `-P=${program}`, "--no-prompt", "--frozen"],
    ...(program === "ssmd" ? [LATE_IMPORTS] : []),
    ...(serves ? [SERVING_V8] : program === "ssmd" ? [COMMAND_V8] : []),
    ...permissionFlags({ ...permissions, ...files }),
    `--config=${root}/deno.json`,
    `${root}/${ENTRYPOINTS[program]}`,
  ];
  const commit = Deno.env.get("SSMD_COMMIT") || commitOf(root) || "";
  const variables = {
    ...(serves ? SERVING_VARIABLES : {}),
    ...{ SSMD_REACH: sources(launch.reach), SSMD_COMMIT: commit },
  };
  const set = Object.entries(variables).map(([name, value]) => `${name}=${quoted(value)}`);
  // Counting what it may open would cost a server a quarter of a second.
  if (serves) set.push('SSMD_DESCRIPTORS="$(ulimit -Hn)"');
  return `${set.join(" ")} exec ${words.map(quoted).join(" ")} "$@"`;
}

/** Lists where hosts and folders were configured, for permission errors. */
function sources(reach: readonly Reach[]): string {
  const lines = reach.map(({ kind, file, line, field }) => `${kind} ${file}:${line} (${field})`);
  return [...new Set(lines)].join("\n");
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

if (import.meta.main) {
  const [program = "", ...args] = Deno.args;
  if (!Object.hasOwn(ENTRYPOINTS, program)) {
    console.error(`error: there is no program "${program}"`);
    console.error(`hint:  there are ${Object.keys(ENTRYPOINTS).join(", ")}`);
    Deno.exit(2);
  }
  try {
    console.log(commandOf(await launchOf(program as Program, args)));
  } catch (error) {
    if (!(error instanceof SsmdError)) throw error;
    console.error(`error: ${error.message}\nhint:  ${error.hint}`);
    Deno.exitCode = 2;
  }
}
