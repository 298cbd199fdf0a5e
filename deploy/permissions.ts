import { ConfigError } from "@ssmd/runtime/errors";
import { hostOf } from "@ssmd/metadata/address_host";
import type { Reach } from "@ssmd/metadata/environment_reach";
import type { Program } from "./entrypoints.ts";

/** What a process is started with. */
export interface Launch {
  program: Program;
  /** Arguments without the program. */
  args: readonly string[];
  /** Folder of the software. */
  root: string;
  /** Folder with feeds/ and environments/; undefined when there is none. */
  registryDir?: string;
  /** Hosts and folders of its environments. */
  reach: readonly Reach[];
  /** The user's folder of temporary files. */
  tempDir?: string;
  /** The user's cache folder. */
  cacheDir?: string;
  /** Mount folder of a cluster's secrets. */
  secretsDir: string;
  /** The Deno that runs it. */
  deno: string;
}

/** Permissions of a process by kind, as lists for Deno's flags. */
interface Permissions {
  read: string[];
  write: string[];
  net: string[];
  /** Empty: as set in deno.json. */
  run: string[];
  /** Native code outside Deno's sandbox: only Temporal's, in the worker. */
  ffi?: boolean;
}

/** Commands that only use registry files and reach no host. */
const REGISTRY_WORDS: ReadonlySet<string> = new Set([
  "calendar",
  "commit",
  "completion",
  "diff",
  "feed",
  "help",
  "init",
  "symbol",
  "version",
  "__complete",
]);
/** Flags whose value is a written file or folder. */
const WRITTEN_FLAGS: ReadonlySet<string> = new Set(["cache", "data", "ledger", "out", "temp"]);
/** Hosts of venue catalogues, named as in the venues' folders. */
export const CATALOGUE_HOSTS: Readonly<Record<string, string>> = {
  kalshi: "external-api.kalshi.com:443",
  kraken: "api.kraken.com:443",
  polymarket: "gamma-api.polymarket.com:443",
};
const OPENFIGI_HOST = "api.openfigi.com:443";
const GITHUB_HOST = "api.github.com:443";
const LOOPBACK: readonly string[] = ["127.0.0.1", "localhost", "[::1]"];
const DATA_DIR_DEFAULT = "./data";
const CHRONYC = "/usr/bin/chronyc";
/** Sets the limits of a signal host, then becomes it. */
const SHELL = "/bin/sh";
const TIMESYNCD_DIR = "/run/systemd/timesync";

/** Returns the value of `--name value` or `--name=value`; undefined when absent. */
export function flagValue(args: readonly string[], name: string): string | undefined {
  const at = args.findIndex((arg) => arg === `--${name}` || arg.startsWith(`--${name}=`));
  if (at < 0) return undefined;
  const arg = args[at] ?? "";
  return arg.includes("=") ? arg.slice(arg.indexOf("=") + 1) : args[at + 1];
}

/** Returns the first word of an ssmd command; undefined without one. */
export function commandWord(args: readonly string[]): string | undefined {
  return commandWords(args)[0];
}

/** Returns the words of an ssmd command, followed by its arguments and values of its own flags. */
export function commandWords(args: readonly string[]): string[] {
  const takesValue = new Set(["--dir", "--output"]);
  return args.filter((arg, i) => !arg.startsWith("-") && !takesValue.has(args[i - 1] ?? ""));
}

/** Returns whether the process needs the environments' hosts and folders. */
export function usesEnvironments({ program, args }: Pick<Launch, "program" | "args">): boolean {
  if (program !== "ssmd") return true;
  const word = commandWord(args);
  if (word === "secmaster") {
    return args.some((arg) => /^(sync|figi-(lookup|enrich)$|--env(=|$))/.test(arg));
  }
  return word !== undefined && !REGISTRY_WORDS.has(word) && !args.includes("--help");
}

/** Returns a process's permissions: only what its environments and arguments name. */
export function permissionsOf(launch: Launch): Permissions {
  const { program, args } = launch;
  if (program === "ssmd" && commandWord(args) === "mcp") return toolPermissions(launch);
  const net = usesEnvironments(launch)
    ? [...LOOPBACK, ...hostsOf(launch), ...catalogueHosts(launch), ...hostsIn(args)]
    : [];
  const isOnTemporal = program === "worker" &&
    launch.reach.some(({ field }) => field === "scheduler.address");
  const files = program === "ssmd" ? commandFiles(launch) : serviceFiles(launch);
  return {
    // Native code is in Deno's cache and not bound by any list.
    read: isOnTemporal ? ["/"] : unique(files.read),
    write: unique(files.write),
    net: unique(net),
    run: program === "ssmd"
      ? runnable(launch)
      : program === "agents"
      ? [launch.deno, SHELL, "git"]
      : [],
    ...(isOnTemporal ? { ffi: true } : {}),
  };
}

/** Permissions of the MCP server: queries a gateway and finds those running on this machine. */
function toolPermissions({ args, root, registryDir, reach }: Launch): Permissions {
  const dataDirs = [DATA_DIR_DEFAULT, ...valuesOf(args, "data")];
  const written = reach.filter(({ kind }) => kind === "write").map(({ what }) => what);
  return {
    // Its modules are loaded on first call; the server then drops the permission.
    read: unique([root, registryDir ?? "./exchanges", ...dataDirs, ...written]),
    write: [],
    net: unique([...LOOPBACK, ...hostsIn(args)]),
    run: [],
  };
}

/** Returns hosts: venues only if it captures, cache and clients if it serves, models if it acts. */
function hostsOf({ program, reach }: Launch): string[] {
  const captures = program === "connector" || program === "ssmd";
  const serves = ["gateway", "worker", "ssmd"].includes(program);
  const acts = program === "agents" || program === "ssmd";
  return reach.filter(({ kind, field }) => kind === "net" && (captures || !isOfVenue(field)))
    .filter(({ field }) => serves || !/^(cache|gateway\.clients)\./.test(field))
    .filter(({ field }) => acts || !field.startsWith("agents."))
    .map(({ what }) => what);
}

function isOfVenue(field: string): boolean {
  return /^(endpoints|versions)\b/.test(field);
}

function isOfFeed({ field, file }: Reach, feed: string): boolean {
  return isOfVenue(field) && (field === `endpoints.${feed}` || file.endsWith(`/${feed}.yaml`));
}

/**
 * Files of a service: registry with history, data, mounted secrets and key files. The gateway
 * writes its clients, journal and running file, never the archive.
 */
function serviceFiles({ program, args, root, registryDir, reach, secretsDir }: Launch) {
  const project = projectOf(registryDir);
  const dataDirs = [DATA_DIR_DEFAULT, ...valuesOf(args, "data")];
  const written = reach.filter(({ kind }) => kind === "write");
  const archives = written.filter(({ field }) => field === "storage.path").map(({ what }) => what);
  const writes = program === "gateway"
    ? [
      ...[...dataDirs, ...archives].flatMap((dir) => [
        `${dir}/audit`,
        `${dir}/clients`,
        `${dir}/feedback`,
        `${dir}/running`,
      ]),
      ...written.filter(({ field }) => !field.startsWith("storage.")).map(({ what }) => what),
    ]
    : [...dataDirs, ...written.map(({ what }) => what)];
  const reads = [
    ...[registryDir ?? "./exchanges", `${project}/.git`],
    ...[...dataDirs, ...written.map(({ what }) => what)],
    ...reach.filter(({ kind }) => kind === "read")
      .filter(({ field }) => program === "gateway" || !field.startsWith("gateway.tls."))
      .filter(({ field }) =>
        ["gateway", "worker"].includes(program) || !field.startsWith("gateway.clients.tls.")
      )
      .filter(({ field }) => program === "worker" || !field.startsWith("scheduler.tls."))
      .map(({ what }) => what),
    secretsDir,
    ...(program === "gateway" ? [`${root}/gateway/page/dist`] : []),
    ...(program === "connector" ? [TIMESYNCD_DIR, ...pathsIn(args)] : []),
    ...(program === "signals" ? [`${root}/signals`, `${project}/signals`] : []),
    // A worker thread reads its modules.
    ...(program === "worker" ? [root] : []),
    // Agents check drafts with Deno's tools, by the software's rules.
    ...(program === "agents" ? [root, `${project}/signals`] : []),
  ];
  return { read: reads, write: writes };
}

function commandFiles(launch: Launch) {
  const { args, root, registryDir, reach, secretsDir } = launch;
  const named = (kind: Reach["kind"]) =>
    reach.filter((each) => each.kind === kind).map(({ what }) => what);
  const data = [DATA_DIR_DEFAULT, ...valuesOf(args, "data"), ...named("write")];
  const temporary = temporaryFolders(launch);
  return {
    read: [
      ...[root, ".", projectOf(registryDir)],
      ...data,
      ...named("read"),
      ...pathsIn(args),
      ...[secretsDir, TIMESYNCD_DIR],
      ...temporary,
      // A single-file export locks a working folder beside the file, and syncs the file's folder.
      ...valuesOf(args, "out").map(folderOf),
    ],
    write: [
      ...data,
      ...registryWrites(launch),
      ...temporary,
      ...[...WRITTEN_FLAGS].flatMap((name) => valuesOf(args, name)),
      ...valuesOf(args, "output").filter((output) => output.endsWith(".json")),
      ...valuesOf(args, "out").map((out) => `${folderOf(out)}/.ssmd-export`),
    ],
  };
}

/** Temporary folders of the user; queries also use the cache for exports. */
function temporaryFolders({ args, tempDir, cacheDir }: Launch): string[] {
  const folders = [tempDir, commandWord(args) === "query" ? cacheDir : undefined];
  return folders.filter((folder) => folder !== undefined);
}

/** Returns the venue REST hosts a command uses; environments do not list them. */
function catalogueHosts({ program, args, reach }: Launch): string[] {
  // Jobs ask only captured venues; simulated ones are on loopback.
  const word = commandWord(args) ?? "";
  if (program === "worker" || program === "ssmd" && ["up", "job", "schedule"].includes(word)) {
    return Object.entries(CATALOGUE_HOSTS).flatMap(([venue, host]) =>
      reach.some((each) => isOfFeed(each, venue)) ? [host] : []
    );
  }
  if (word === "report" && args.includes("post-github")) return [GITHUB_HOST];
  if (program !== "ssmd" || word !== "secmaster") return [];
  if (args.some((arg) => /^figi-(lookup|enrich)$/.test(arg))) return [OPENFIGI_HOST];
  if (!args.includes("sync")) return [];
  return Object.entries(CATALOGUE_HOSTS).flatMap(([venue, host]) =>
    args.includes(venue) ? [host] : []
  );
}

/** Returns Deno's permission flags. Throws ConfigError `PATH_UNUSABLE` for a comma in a path. */
export function permissionFlags({ ffi = false, ...permissions }: Permissions): string[] {
  const lists = Object.entries(permissions).flatMap(([kind, list]: [string, string[]]) => {
    const comma = list.find((item) => item.includes(","));
    if (comma === undefined) return list.length === 0 ? [] : [`--allow-${kind}=${list.join(",")}`];
    // Deno's lists cannot escape commas.
    throw new ConfigError("PATH_UNUSABLE", `A path with a comma cannot be used: ${comma}`, {
      hint: "Rename the folder, or work in another one",
    });
  });
  return ffi ? [...lists, "--allow-ffi"] : lists;
}

/** Returns the registry and the files beside it that commands write. */
function registryWrites({ args, registryDir, reach }: Launch): string[] {
  const base = flagValue(args, "dir") ?? ".";
  const project = projectOf(registryDir);
  const keys = commandWord(args) === "key"
    ? reach.filter(({ kind, field }) => kind === "read" && field.startsWith("keys."))
      .map(({ what }) => folderOf(what))
    : [];
  return [
    // `init` creates a registry in its folder, regardless of parents.
    ...[`${base}/exchanges`, ...(registryDir === undefined ? [] : [registryDir])],
    ...[".", project, base].map((dir) => `${dir}/.gitignore`),
    ...(commandWord(args) === "env" ? [`${project}/deploy/environments`] : []),
    ...(commandWord(args) === "signal" ? [`${project}/signals`] : []),
    ...keys,
  ];
}

/** Commands that run customers' code in hosts, started by a shell that limits memory. */
const SIGNAL_WORDS: ReadonlySet<string> = new Set([
  ...["signal", "backtest", "agent", "action", "transform"],
]);
/** Whether a command starts other revisions through the shell. */
function runsRevisions(args: readonly string[]): boolean {
  const word = commandWord(args);
  return word === "test" || word === "env" && args.includes("compare");
}

/** Programs that ssmd may start: Deno for SQL and signal processes, otherwise git. */
function runnable({ args, deno }: Launch): string[] {
  const word = commandWord(args) ?? "";
  if (word === "query") return [deno, "git"];
  // Also an export through a transform.
  if (SIGNAL_WORDS.has(word) || flagValue(args, "transform") !== undefined) {
    return [deno, SHELL, "git"];
  }
  if (runsRevisions(args)) return [SHELL, "git"];
  // A shell starts signal hosts; agents check drafts with Deno's tools.
  return ["git", CHRONYC, ...(word === "up" ? [SHELL, deno] : [])];
}

function valuesOf(args: readonly string[], name: string): string[] {
  const value = flagValue(args, name);
  return value === undefined || value === "" || value.startsWith("-") ? [] : [value];
}

/** Returns hosts in the arguments' addresses, and the interfaces to listen on. */
function hostsIn(args: readonly string[]): string[] {
  const addresses = args.map((arg) => hostOf(arg.replace(/^--[\w-]+=/, "")));
  const interfaces = [...valuesOf(args, "host"), ...valuesOf(args, "metrics-host")];
  return [...addresses.filter((host) => host !== undefined), ...interfaces];
}

/** Returns arguments that are absolute or relative paths. */
function pathsIn(args: readonly string[]): string[] {
  return args.map((arg) => arg.replace(/^--[\w-]+=/, ""))
    .filter((arg) => /^(\/|\.\.?\/|\.\.$)/.test(arg));
}

function projectOf(registryDir: string | undefined): string {
  return registryDir === undefined ? "." : folderOf(registryDir);
}

function folderOf(path: string): string {
  if (!path.includes("/")) return ".";
  return path.replace(/\/[^/]*\/?$/, "") || "/";
}

function unique(list: readonly string[]): string[] {
  return [...new Set(list)];
}
