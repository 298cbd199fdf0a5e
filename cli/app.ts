import {
  type Application,
  buildApplication,
  buildCommand,
  buildRouteMap,
  type Command,
  type RouteMap,
} from "@stricli/core";
import type { LazyCommand } from "./command/define.ts";
import { stricliCommand } from "./command/stricli_command.ts";
import { COMMAND_INDEX } from "./commands/index.ts";
import type { SsmdContext } from "./context.ts";
import { exitCodeOf } from "./exit.ts";
import { withGlobals } from "./global_flags.ts";
import { QUERY_COMMANDS } from "./query/entries.ts";
import { texts } from "./texts.ts";

/** A command before its module is loaded, not declared by `defineCommand` yet. */
export interface OldCommand {
  /** One line for the list of commands; equal to the command's own brief. */
  brief: string;
  load: () => Promise<{ command: Command<SsmdContext> }>;
}

/** Commands under a common word; a word of them may stand for several again. */
export interface Group {
  brief: string;
  routes: Readonly<Record<string, Entry>>;
}

/** A command, or commands under a common word. */
export type Entry = LazyCommand | OldCommand | Group;

/** Commands that are not declared by `defineCommand` yet. */
const ENTRIES: Readonly<Record<string, Entry>> = {
  up: {
    brief: "Start everything for an environment in one process",
    load: () => import("./commands/up.ts"),
  },
  exchange: {
    brief: "Simulated exchanges",
    routes: {
      serve: {
        brief: "Serve a venue's own protocol on loopback, from a market model or a capture",
        load: () => import("./commands/exchange_serve.ts"),
      },
    },
  },
  archive: { brief: "Archived files", routes: {} },
  data: { brief: "Archived records: list, check, export, replay and remove them", routes: {} },
  ...QUERY_COMMANDS,
  reprocess: { brief: "Versions of the archive's records, made again from raw", routes: {} },
  qa: { brief: "Checks of archived days", routes: {} },
  storage: { brief: "Versions of objects in buckets", routes: {} },
  key: { brief: "Keys of environments; values are never shown", routes: {} },
  client: {
    brief: "Clients of the gateway: connections, keys, entitlements, limits and usage",
    routes: { "api-key": { brief: "Keys of clients", routes: {} } },
  },
  feed: { brief: "Feeds of the registry", routes: {} },
  calendar: { brief: "Trading calendars of feeds", routes: {} },
  schema: { brief: "Registered schemas of records", routes: {} },
  env: { brief: "Environments of the registry", routes: {} },
  symbol: { brief: "Symbols and their markets", routes: {} },
};

/** All commands of `ssmd`, in the order of the help: a word stands for a command or for several. */
export const COMMANDS: Readonly<Record<string, Entry>> = Object.entries(COMMAND_INDEX)
  .reduce((tree, [name, command]) => withCommand(tree, name.split(" "), command), ENTRIES);

function withCommand(
  tree: Group["routes"],
  [word = "", ...below]: readonly string[],
  command: LazyCommand,
): Group["routes"] {
  if (below.length === 0) return { ...tree, [word]: command };
  const group = tree[word];
  if (group === undefined || "load" in group) throw new RangeError(`no group "${word}"`);
  return { ...tree, [word]: { ...group, routes: withCommand(group.routes, below, command) } };
}

/**
 * The application for these arguments. Only the command that they name is loaded, so that help and
 * mistakes cost no more than the parser; `loadAll` loads every one, for references and checks.
 */
export async function buildApp(
  args: readonly string[],
  loadAll = false,
): Promise<Application<SsmdContext>> {
  const words = loadAll ? "all" : args.filter((arg) => !arg.startsWith("-"));
  const root = buildRouteMap({
    routes: await targetsOf(COMMANDS, words),
    docs: {
      brief: "Capture, stream, archive and serve market data",
      fullDescription: "Capture, stream, archive and serve market data.\n\n" +
        "EXAMPLES\n  ssmd up\n  ssmd up --help\n  ssmd archive verify --data ./data\n\n" +
        "Exit codes: 0 done, 1 failed, 2 wrong usage.",
    },
  });
  return buildApplication(root, {
    name: "ssmd",
    scanner: { caseStyle: "allow-kebab-for-camel", allowArgumentEscapeSequence: true },
    documentation: { caseStyle: "convert-camel-to-kebab", disableAnsiColor: true },
    localization: { text: texts },
    determineExitCode: exitCodeOf,
  });
}

/** How many of these words name a command, `client api-key create`; what follows is its own. */
export function wordsOf(words: readonly string[]): number {
  let entries = COMMANDS;
  for (const [i, word] of words.entries()) {
    const entry = Object.hasOwn(entries, word) ? entries[word] : undefined;
    if (entry === undefined || "load" in entry) return i + 1;
    entries = entry.routes;
  }
  return words.length;
}

type Target = Command<SsmdContext> | RouteMap<SsmdContext>;

/** What the words lead to is loaded, all else is known by its line of help; undefined = nothing of it. */
async function targetsOf(
  entries: Readonly<Record<string, Entry>>,
  words: readonly string[] | "all" | undefined,
): Promise<Record<string, Target>> {
  const targets: Record<string, Target> = {};
  for (const [name, entry] of Object.entries(entries)) {
    const below = words === "all" ? words : words?.[0] === name ? words.slice(1) : undefined;
    targets[name] = "load" in entry ? await commandOf(entry, below !== undefined) : buildRouteMap({
      routes: await targetsOf(entry.routes, below),
      docs: { brief: entry.brief },
    });
  }
  return targets;
}

async function commandOf(
  entry: LazyCommand | OldCommand,
  wanted: boolean,
): Promise<Command<SsmdContext>> {
  if (wanted) {
    const module = await entry.load();
    return withGlobals("default" in module ? stricliCommand(module.default) : module.command);
  }
  return buildCommand({
    docs: { brief: entry.brief },
    parameters: {},
    loader: () => Promise.resolve(() => {}),
  });
}
