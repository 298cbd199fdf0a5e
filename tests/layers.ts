/** A part of the repository with its own import rule. */
export type Room = string;

const LANGUAGE = [
  "runtime",
  "market",
  "enrich",
  "codec",
  "transport",
  "storage",
  "cache",
  "journal",
  "metadata",
  "archive",
  "database",
  "audit",
  "service",
] as const;
const SERVICES = ["connector", "archiver", "gateway", "signals", "jobs", "agents"] as const;
/** May import every room; they are not part of a service. */
const ABOVE_ALL = ["cli", "tests", "bench", "deploy"] as const;

/** Rooms that a room may import besides itself. */
export const MAY_IMPORT: Readonly<Record<Room, readonly Room[]>> = {
  runtime: [],
  market: ["runtime"],
  enrich: ["runtime", "market"],
  codec: ["runtime", "market"],
  transport: ["runtime"],
  storage: ["runtime"],
  sandbox: ["runtime"],
  cache: ["runtime"],
  journal: ["runtime", "transport"],
  metadata: ["runtime", "market", "enrich"],
  archive: ["runtime", "market", "codec", "storage"],
  database: ["runtime"],
  audit: ["runtime", "storage", "archive", "database"],
  service: ["runtime", "journal", "metadata", "transport", "storage"],
  exchanges: ["runtime", "market", "venue"],
  venue: ["runtime", "market", "exchanges"],
  simulator: ["runtime", "market", "exchanges", "venue"],
  dataset: [...LANGUAGE, "exchanges"],
  connector: [...LANGUAGE, "exchanges"],
  archiver: [...LANGUAGE, "dataset"],
  gateway: [...LANGUAGE, "dataset"],
  transforms: [...LANGUAGE, "sandbox"],
  // Its program starts all processes without rights.
  signals: [...LANGUAGE, "sandbox", "transforms", "dataset"],
  // A job runs what a command runs, in the room that implements it.
  jobs: [...LANGUAGE, "dataset", "connector", "gateway"],
  agents: [...LANGUAGE, "signals", "dataset"],
};

/** Rooms that may be imported for types only, besides those above. */
export const MAY_IMPORT_TYPES: Readonly<Record<Room, readonly Room[]>> = {
  exchanges: ["metadata"],
  venue: ["metadata"],
  simulator: ["metadata"],
};

/** Files that other rooms may import by a relative path; all others need the alias. */
const OPEN_FILES: Readonly<Record<Room, RegExp>> = {
  exchanges: /^exchanges\/[^/]+\.ts$/,
  venue: /^exchanges\/[^/]+\/mod\.ts$/,
  // Parts of programs that are compiled beside the others.
  dataset: /^dataset\/query\/engine_permissions\.ts$/,
  signals: /^signals\/host\/main\.ts$/,
  transforms: /^transforms\/host\/javascript\.ts$/,
  deploy: /^deploy\/(entrypoints|serving|grafana\/dashboards)\.ts$/,
  // The project of the command examples, in which the README's lines also run.
  cli: /^cli\/testing\/project\.ts$/,
  // Contract suites, real servers and browsers, used by tests beside the code and by benches.
  tests: /^tests\/(browser|contract|servers)\//,
};

/** Folder names that do not describe their contents. */
const VAGUE_FOLDERS: ReadonlySet<string> = new Set([
  "util",
  "utils",
  "common",
  "helpers",
  "helper",
]);

/** Files that may start several services in one process. */
const STARTS_SERVICES = /^cli\/up(\.ts$|\/)/;

/** Returns the room of a file by its path from the repository root; undefined = none. */
export function roomOf(path: string): Room | undefined {
  const [first = "", second = "", ...rest] = path.split("/");
  if (first === "lib") return rest.length > 0 ? second : undefined;
  if (first === "exchanges") {
    if (rest.length === 0) return "exchanges";
    return second === "simulator" ? "simulator" : "venue";
  }
  return path.includes("/") ? first : undefined;
}

/** Whether a file contains tests or test support, which may import every room. */
export function isTest(path: string): boolean {
  return /(_test|_fixtures|\/contract|\/testing)\.tsx?$|\/(testing|testdata)\/|\/test_frames\.ts$/
    .test(path);
}

/** An import in a source. */
export interface Import {
  /** Path of the importing file from the root. */
  from: string;
  /** The text between the quotes. */
  specifier: string;
  /** Whether it imports only types. */
  typeOnly?: boolean;
}

/** Returns the finding for an import; undefined = none. */
export function importFinding(each: Import): string | undefined {
  const { from, specifier } = each;
  if (/^(https?|jsr|data|file):/.test(specifier) || specifier.startsWith("/")) {
    return `"${specifier}": packages come from npm by an alias in deno.json`;
  }
  const alias = roomOfAlias(specifier);
  const relative = specifier.startsWith(".");
  if (alias === undefined && !relative) return undefined;
  const target = relative ? resolved(from, specifier) : undefined;
  if (target !== undefined && !/\.(ts|tsx)$/.test(target)) return undefined;
  const room = roomOf(from);
  const to = target === undefined ? alias : roomOf(target);
  if (room === undefined || to === undefined || isSame(from, target, room, to)) return undefined;
  return directionFinding(each, room, to) ?? reachFinding(target, to);
}

/** Whether both are in one room; two venues are two rooms. */
function isSame(from: string, target: string | undefined, room: Room, to: Room): boolean {
  if (room !== to) return false;
  return room !== "venue" || target === undefined || from.split("/")[1] === target.split("/")[1];
}

/** Returns the room of an alias; the API for signal authors belongs to the room signals. */
function roomOfAlias(specifier: string): Room | undefined {
  const room = /^@ssmd\/([^/]+)/.exec(specifier)?.[1];
  return room === "signal" ? "signals" : room;
}

function directionFinding(each: Import, room: Room, to: Room): string | undefined {
  if (isTest(each.from) || (ABOVE_ALL as readonly string[]).includes(room)) return undefined;
  const allowed = MAY_IMPORT[room];
  if (allowed === undefined) return `${room} is no room of the table in tests/layers.ts`;
  if (allowed.includes(to)) return undefined;
  const types = MAY_IMPORT_TYPES[room] ?? [];
  if (types.includes(to)) {
    return each.typeOnly ? undefined : `${room} may import only types of ${to}: write import type`;
  }
  const list = [...allowed, ...types.map((name) => `types of ${name}`)].join(", ") || "no room";
  return `${room} may not import ${to}; allowed: ${list}`;
}

function reachFinding(target: string | undefined, to: Room): string | undefined {
  if (target === undefined || OPEN_FILES[to]?.test(target)) return undefined;
  const way = to === "venue" ? "the venue's mod.ts" : `its alias @ssmd/${to}`;
  return `${target} is inside of ${to}: import it by ${way}`;
}

/** Resolves a relative specifier to a path from the root. */
function resolved(from: string, specifier: string): string {
  return new URL(specifier, `file:///${from}`).pathname.slice(1);
}

/** Whether a file other than those of `up` imports several services. */
export function servicesFinding(from: string, specifiers: readonly string[]): string | undefined {
  if (roomOf(from) !== "cli" || isTest(from) || STARTS_SERVICES.test(from)) return undefined;
  const named = specifiers.map((specifier) => /^@ssmd\/([^/]+)/.exec(specifier)?.[1] ?? "");
  const services = SERVICES.filter((service) => named.includes(service));
  return services.length > 1
    ? `imports ${services.join(" and ")}: only cli/up starts several services`
    : undefined;
}

/** Returns the finding for the location of a file. */
export function pathFinding(path: string): string | undefined {
  const parts = path.split("/");
  if (parts[0] === "lib" && parts.length === 2) return "no file stands directly in lib/";
  const vague = parts.slice(0, -1).find((part) => VAGUE_FOLDERS.has(part));
  return vague && `a folder named ${vague} says nothing; name it for what is in it`;
}
